"""What a model reaches on labelled images of another place, and whether that is enough there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.floors import held, reaches
from components.gate.results import ClassResult, class_results, confusion_matrix
from components.gate.verdict import below_floor, not_held_sentence
from components.imaging.quarantine import Quarantined
from components.recipe.evaluation import EvaluationSection
from components.uncertainty.calibration import Bin, calibration_error, reliability
from components.uncertainty.clustered import clustered_interval
from pipeline.external.against_home import Difference, against_home
from pipeline.external.net_benefit import NetBenefit, net_benefit
from pipeline.external.predicted import Predicted
from pipeline.external.rules import Rules
from pipeline.external.shortcut_baseline import ShortcutBaseline, balanced_accuracy
from serving.score.origin import Origin

_MOST_VALUES = 12  # of a feature; one with more makes no slices


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


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class External:
    """The result.

    Attributes:
        origin: the model.
        folder: of the images.
        images: with a prediction.
        patients: of these.
        failed: the images without a prediction, and why.
        classes: result of each class.
        balanced_accuracy: mean recall of the classes.
        matrix: images of each class (row) by predicted class, [C, C].
        slices: feature → value → result of each class.
        against_home: the difference to the test split at home of each class.
        shortcuts: what size, format and grey level alone reach; None if it can't be measured.
        reliability: bins of the reliability diagram.
        calibration_error: expected calibration error, 0 is best.
        uncertain: images whose prediction is not to be relied on.
        out_of_distribution: images unlike those of training.
        benefit: class → net benefit at each threshold.
        refusals: one clause for each floor that is missed.
        small: slices that are not held to their floor, for too few patients.
        notes: sentences about what could not be evaluated.
    """

    origin: Origin
    folder: str
    images: int
    patients: int
    failed: tuple[Quarantined, ...]
    classes: tuple[ClassResult, ...]
    balanced_accuracy: float
    matrix: NDArray[np.int64]
    slices: Mapping[str, Mapping[str, tuple[ClassResult, ...]]]
    against_home: tuple[Difference, ...]
    shortcuts: ShortcutBaseline | None
    reliability: tuple[Bin, ...]
    calibration_error: float
    uncertain: Flagged
    out_of_distribution: Flagged
    benefit: Mapping[str, tuple[NetBenefit, ...]]
    refusals: tuple[str, ...]
    small: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether every floor of the recipe is met here."""
        return not self.refusals

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        small = not_held_sentence(self.small)
        if self.refusals:
            return f"NOT accepted here: {'; '.join(self.refusals)}.{small}"
        return f"Accepted here: every floor of the recipe is met.{small}"


def evaluate(
    found: Predicted, origin: Origin, rules: Rules, shortcuts: ShortcutBaseline | None
) -> External:
    """Compares predictions with labels.

    Args:
        found: the predictions.
        origin: the model.
        rules: its floors and slices, and its figures at home.
        shortcuts: the baseline, measured on the same images.
    """
    evaluation, names = rules.recipe.evaluation, found.images.classes
    classes = _results(found)
    slices = {name: _by_value(found, name) for name in evaluation.slices}
    bins = reliability(found.probabilities, found.labels)
    gated = [_gated_slice(name, slices[name], evaluation) for name in evaluation.slices]
    return External(
        origin=origin,
        folder=str(found.images.root),
        images=len(found.kept),
        patients=len(np.unique(found.patients)),
        failed=found.failed,
        classes=classes,
        balanced_accuracy=balanced_accuracy(classes),
        matrix=confusion_matrix(found.labels, found.probabilities).astype(np.int64),
        slices=slices,
        against_home=against_home(classes, rules.home),
        shortcuts=shortcuts,
        reliability=bins,
        calibration_error=calibration_error(bins),
        uncertain=_flagged(found, found.uncertain),
        out_of_distribution=_flagged(found, found.out_of_distribution),
        benefit={
            label: net_benefit(found.labels == index, found.probabilities[:, index])
            for index, label in enumerate(names)
        },
        refusals=(
            *_missed_floors(classes, evaluation),
            *(clause for missed, _ in gated for clause in missed),
        ),
        small=tuple(name for _, few in gated for name in few),
        notes=(*rules.notes, *_unsliced(found, slices)),
    )


# === The figures ===


def _results(found: Predicted, chosen: NDArray[np.bool_] | None = None) -> tuple[ClassResult, ...]:
    """Returns the result of each class, of the chosen images or all."""
    kept = slice(None) if chosen is None else chosen
    return class_results(
        found.labels[kept],
        found.probabilities[kept],
        found.images.classes,
        found.patients[kept],
    )


def _by_value(found: Predicted, feature: str) -> dict[str, tuple[ClassResult, ...]]:
    values = found.images.features[feature][found.kept]
    known = [value for value in np.unique(values).tolist() if value]
    if len(known) > _MOST_VALUES:
        return {}
    return {value: _results(found, values == value) for value in known}


def _flagged(found: Predicted, marks: NDArray[np.bool_]) -> Flagged:
    numbers = np.unique(found.patients, return_inverse=True)[1]
    low, high = clustered_interval(np.bincount(numbers, marks), np.bincount(numbers))
    return Flagged(int(marks.sum()), float(marks.mean()), low, high)


def _unsliced(
    found: Predicted, slices: Mapping[str, Mapping[str, tuple[ClassResult, ...]]]
) -> Iterator[str]:
    """Yields a sentence for each feature that makes no slices here."""
    for name, values in slices.items():
        known = np.unique(found.images.features[name][found.kept])
        if values:
            continue
        if len(known) > _MOST_VALUES:
            yield f"{name} has {len(known)} values, which are too many for slices."
        else:
            yield f"No image has a value of {name}, so there are no slices by it."


# === The floors ===


def _missed_floors(
    classes: tuple[ClassResult, ...], evaluation: EvaluationSection
) -> Iterator[str]:
    for one in classes:
        if clause := _missed(one, evaluation.floor(one.label), evaluation):
            yield clause


def _gated_slice(
    feature: str, values: Mapping[str, tuple[ClassResult, ...]], evaluation: EvaluationSection
) -> tuple[list[str], list[str]]:
    """Returns the clauses of missed floors, and the classes with too few patients for theirs."""
    rule = evaluation.slices[feature]
    if rule.floor is None:
        return [], []
    if not values:
        return [f"there are no slices by {feature} to hold to their floor"], []
    missed: list[str] = []
    small: list[str] = []
    for value, results in values.items():
        for one in results:
            if one.patients < rule.min_patients:
                small.append(f"{one.label} in {feature} {value} ({one.patients})")
            elif clause := _missed(one, rule.floor, evaluation):
                missed.append(f"in {feature} {value}, {clause}")
    return missed, small


def _missed(result: ClassResult, floor: float, evaluation: EvaluationSection) -> str:
    """Returns why a class misses its floor; '' if it does not."""
    if not result.cases:
        return f"there is no image of {result.label}"
    if reaches(held(result, evaluation.floor_on), floor):
        return ""
    return below_floor(result, floor, evaluation)
