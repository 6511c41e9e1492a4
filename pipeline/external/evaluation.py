"""What a model reaches on labelled images that it has nothing to do with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.floors import held, reaches
from components.gate.results import ClassResult, class_results
from components.gate.verdict import below_floor, not_held_sentence
from components.image_example_gen.listing import Entry
from components.recipe.evaluation import EvaluationSection
from components.runtime.errors import MedtfxError
from components.runtime.text import one_line
from components.uncertainty.calibration import calibration_error, reliability
from components.uncertainty.clustered import clustered_interval
from pipeline.external.net_benefit import NetBenefit, net_benefit
from serving.score.origin import Origin
from serving.score.rows import Row

_MOST_VALUES = 12  # of a feature; one with more makes no slices


class ExternalError(MedtfxError):
    """The model and the folder do not fit together."""


@dataclass(frozen=True)
class Flagged:
    """How many images were marked, by patients.

    Attributes:
        images: marked.
        share: of all.
        low: lower bound of its 95 % interval.
        high: upper bound.
    """

    images: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class External:
    """The result.

    Attributes:
        origin: the model.
        folder: of the images.
        images: with a prediction.
        patients: of these.
        failed: reason → images without a prediction.
        classes: result of each class.
        slices: feature → value → result of each class.
        calibration_error: expected calibration error, 0 is best.
        uncertain: images whose prediction is not to be relied on.
        out_of_distribution: images unlike those of training.
        benefit: class → net benefit at some thresholds.
        refusals: one clause for each floor that is missed.
        small: slices that are not held to their floor, for too few patients.
    """

    origin: Origin
    folder: str
    images: int
    patients: int
    failed: Mapping[str, int]
    classes: tuple[ClassResult, ...]
    slices: Mapping[str, Mapping[str, tuple[ClassResult, ...]]]
    calibration_error: float
    uncertain: Flagged
    out_of_distribution: Flagged
    benefit: Mapping[str, tuple[NetBenefit, ...]]
    refusals: tuple[str, ...]
    small: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        small = not_held_sentence(self.small)
        if self.refusals:
            return f"NOT accepted here: {'; '.join(self.refusals)}.{small}"
        return f"Accepted here: every floor of the recipe is met.{small}"


@dataclass(frozen=True)
class _Predicted:
    entries: list[Entry]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    uncertain: NDArray[np.bool_]
    out_of_distribution: NDArray[np.bool_]

    def results(
        self, classes: Sequence[str], chosen: NDArray[np.bool_] | None = None
    ) -> tuple[ClassResult, ...]:
        """Returns the result of each class, of the chosen images or all."""
        kept = np.ones(len(self.labels), bool) if chosen is None else chosen
        patients = np.array([entry.patient for entry in self.entries])[kept]
        return class_results(self.labels[kept], self.probabilities[kept], classes, patients)

    def flagged(self, marks: NDArray[np.bool_]) -> Flagged:
        """Returns how many images are marked."""
        numbers = np.unique([entry.patient for entry in self.entries], return_inverse=True)[1]
        low, high = clustered_interval(np.bincount(numbers, marks), np.bincount(numbers))
        return Flagged(int(marks.sum()), float(marks.mean()), low, high)


def evaluate_rows(
    entries: Iterable[Entry],
    rows: Iterable[Row],
    origin: Origin,
    evaluation: EvaluationSection,
    folder: str,
) -> External:
    """Compares predictions with labels.

    Args:
        entries: labelled images.
        rows: of the CSV of scores; rows of other files are left out.
        origin: the model of the rows.
        evaluation: the recipe's section, with floors and slices.
        folder: of the images, for the report.

    Raises:
        ExternalError: no labelled image has a prediction.
    """
    found, failed = _join(entries, rows, origin.classes)
    if not found.entries:
        raise ExternalError(
            f"No labelled image of {folder} has a prediction. The first reason: "
            f"{next(iter(failed), 'no image was scored')}."
        )
    classes = found.results(origin.classes)
    slices = {name: _by_value(found, name, origin.classes) for name in evaluation.slices}
    refusals = [_missed(one, evaluation.floor(one.label), evaluation) for one in classes]
    small: list[str] = []
    for name, rule in evaluation.slices.items():
        for value, results in slices[name].items() if rule.floor is not None else ():
            for one in results:
                where = f"{one.label} in {name} {value}"
                if one.patients < rule.min_patients:
                    small.append(f"{where} ({one.patients})")
                elif clause := _missed(one, rule.floor or 0.0, evaluation):
                    refusals.append(f"in {name} {value}, {clause}")
    return External(
        origin=origin,
        folder=folder,
        images=len(found.entries),
        patients=len({entry.patient for entry in found.entries}),
        failed=failed,
        classes=classes,
        slices=slices,
        calibration_error=calibration_error(reliability(found.probabilities, found.labels)),
        uncertain=found.flagged(found.uncertain),
        out_of_distribution=found.flagged(found.out_of_distribution),
        benefit={
            label: net_benefit(found.labels == index, found.probabilities[:, index])
            for index, label in enumerate(origin.classes)
        },
        refusals=tuple(clause for clause in refusals if clause),
        small=tuple(small),
    )


def _join(
    entries: Iterable[Entry], rows: Iterable[Row], classes: Sequence[str]
) -> tuple[_Predicted, dict[str, int]]:
    by_file = {one_line(entry.relative): entry for entry in entries}
    failed: dict[str, int] = {}
    kept: list[Entry] = []
    values: list[tuple[float, ...]] = []
    flags: list[tuple[bool, bool]] = []
    for row in rows:
        entry = by_file.get(row.file)
        if entry is None:
            continue
        if row.error:
            reason = row.error.partition(":")[0]
            failed[reason] = failed.get(reason, 0) + 1
            continue
        kept.append(entry)
        values.append(row.probabilities)
        flags.append((bool(row.uncertain), bool(row.out_of_distribution)))
    marks = np.array(flags, bool).reshape(-1, 2)
    labels = np.array([classes.index(entry.label) for entry in kept], np.int64)
    probabilities = np.array(values, np.float64).reshape(-1, len(classes))
    return _Predicted(kept, labels, probabilities, marks[:, 0], marks[:, 1]), failed


def _by_value(
    found: _Predicted, feature: str, classes: Sequence[str]
) -> dict[str, tuple[ClassResult, ...]]:
    values = np.array([str(entry.metadata.get(feature, "")) for entry in found.entries])
    known = sorted(set(values.tolist()) - {""})
    if len(known) > _MOST_VALUES:
        return {}
    return {value: found.results(classes, values == value) for value in known}


def _missed(result: ClassResult, floor: float, evaluation: EvaluationSection) -> str:
    """Returns why a class misses its floor; '' if it does not."""
    if not result.cases:
        return f"there is no image of {result.label}"
    if reaches(held(result, evaluation.floor_on), floor):
        return ""
    return below_floor(result, floor, evaluation)
