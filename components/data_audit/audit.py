"""Runs all checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from components.data_audit.checks import drift as drift_check
from components.data_audit.checks import leaks, patients, quality
from components.data_audit.checks.counts import Cell, class_counts, slice_cells, small_cells
from components.data_audit.checks.drift import Distance
from components.data_audit.checks.identity import identity
from components.data_audit.checks.shortcuts import Shortcut, measure_shortcuts, shortcuts
from components.data_audit.finding import Finding, Found, judge, summary
from components.data_audit.passes.evidence import gather
from components.data_audit.passes.workplace import Workplace
from components.recipe.audit import AuditSection


@dataclass(frozen=True)
class AuditResult:
    """The findings of the audit, and the numbers behind them.

    Attributes:
        findings: one for each check that is on, those that stop the run first.
        counts: class → split → images.
        cells: counts by slice, the smallest test cells first.
        shortcuts: one row a group of features; empty if not measured.
        drift: None if there was nothing to compare with.
        quarantine: reason → files.
        notes: what was read otherwise than a file says it → files.
        images: how many there are.
        patients: how many there are.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, Mapping[str, int]]
    cells: Sequence[Cell]
    shortcuts: Sequence[Shortcut]
    drift: Sequence[Distance] | None
    quarantine: Mapping[str, int]
    notes: Mapping[str, int] = field(default_factory=dict)
    images: int = 0
    patients: int = 0

    @property
    def stops(self) -> list[Finding]:
        """The findings that stop the run."""
        return [finding for finding in self.findings if finding.severity == "stop"]

    @property
    def reports(self) -> list[Finding]:
        """The findings that are only reported."""
        return [finding for finding in self.findings if finding.severity == "report"]

    @property
    def summary(self) -> str:
        """One line."""
        return summary(self.findings)


def audit(
    files: Sequence[str],
    section: AuditSection,
    place: Workplace,
    drift: Sequence[Distance] | None = None,
    quarantine: Mapping[str, int] | None = None,
    notes: Mapping[str, int] | None = None,
    folds: int = 0,
    seed: int = 0,
) -> AuditResult:
    """Runs the checks that are on.

    Args:
        files: of the records of all images; at least one.
        section: the recipe's section: limits, and the action of each check.
        place: where the records are read, and the folder of what is kept meanwhile.
        drift: distances to the data of the latest blessed model.
        quarantine: reason → files that were not used.
        notes: what was read otherwise than a file says it → files.
        folds: number of those that decide, `evaluation.folds`; 0 for a test split.
        seed: that deals the patients to them.

    Raises:
        DataError: some class has fewer patients than there are folds.
    """
    seen = gather(files, section, place, folds, seed)
    counts, groups, remarks, divided = seen.survey.counts, seen.groups, seen.remarks, seen.divided
    measured: list[Shortcut] = []
    if section.shortcuts != "off":
        measured = measure_shortcuts([one for some in seen.sample.values() for one in some])
    parts = "folds" if folds else "splits"
    checks: dict[str, Callable[[], Found]] = {
        "leaks": lambda: leaks.across_splits(groups, parts),
        "contradictions": lambda: leaks.across_classes(groups),
        "duplicates": lambda: leaks.within(groups, parts),
        "patients_in_two_splits": lambda: patients.in_two_splits(divided["split"]),
        "patients_in_two_classes": lambda: patients.in_two_classes(divided["label"]),
        "outliers": lambda: quality.outliers(remarks["outliers"]),
        "burned_in_text": lambda: quality.burned_in_text(remarks["burned_in_text"]),
        "identity": lambda: identity(remarks["identity"], seen.survey.annotated),
        "shortcuts": lambda: shortcuts(measured, section.shortcut_auc),
        "drift": lambda: drift_check.drift(None if drift is None else list(drift)),
        "small_cells": lambda: small_cells(counts, section.min_cell),
    }
    findings = [
        judge(check(), section.action(name))
        for name, check in checks.items()
        if section.action(name) != "off"
    ]
    order = ("stop", "report", "ok")
    return AuditResult(
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.severity))),
        counts=class_counts(counts),
        cells=slice_cells(counts),
        shortcuts=measured,
        drift=drift,
        quarantine=dict(quarantine or {}),
        notes=dict(notes or {}),
        images=seen.survey.images,
        patients=seen.patients,
    )
