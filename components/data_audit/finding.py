"""The result of a check, and its severity by the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from components.recipe.audit import Action

Severity = Literal["stop", "report", "ok"]


@dataclass(frozen=True)
class Case:
    """One case of a finding.

    Attributes:
        files: paths in the data folder; none if the case is about the whole data set.
        reason: in a few words.
    """

    files: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Found:
    """The result of a check, before the recipe gives it a severity.

    Attributes:
        check: its name in the recipe's section.
        sentence: what was found and how often; also if nothing was found.
        cases: what was found.
        remedy: what to do about it. If it stops the run, the option that accepts it is added.
    """

    check: str
    sentence: str
    cases: tuple[Case, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """The result of a check with its severity.

    Attributes:
        check: as in `Found`, like `sentence`, `remedy` and `cases`.
        severity: `stop`, `report`, or `ok` if nothing was found.
    """

    check: str
    severity: Severity
    sentence: str
    remedy: str
    cases: tuple[Case, ...]

    @property
    def title(self) -> str:
        """The name of the check as words."""
        return self.check.replace("_", " ").capitalize()

    @property
    def csv_name(self) -> str:
        """The name of the file with all cases; '' if no case has files."""
        return f"{self.check}.csv" if any(case.files for case in self.cases) else ""


def judge(found: Found, action: Action) -> Finding:
    """Returns the finding with its severity.

    Args:
        found: result of a check.
        action: of the recipe for this check, not `off`.
    """
    severity: Severity = "report" if action == "report" else "stop"
    if not found.cases:
        return Finding(found.check, "ok", found.sentence, "", ())
    return Finding(found.check, severity, found.sentence, found.remedy, found.cases)


def count(number: int, one: str, many: str | None = None) -> str:
    """Returns `1 image` or `2 images`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def summary(findings: Sequence[Finding]) -> str:
    """Returns one line: the findings that stop the run, else those that are reported."""
    stops = [finding for finding in findings if finding.severity == "stop"]
    reports = [finding for finding in findings if finding.severity == "report"]
    if stops:
        many = count(len(stops), "finding stops", "findings stop")
        return f"{many} the run: {_names(stops)}"
    if reports:
        return f"{count(len(reports), 'finding')} to review: {_names(reports)}"
    return f"nothing found by {count(len(findings), 'check')}"


def _names(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{f.check.replace('_', ' ')} ({len(f.cases)})" for f in findings)
