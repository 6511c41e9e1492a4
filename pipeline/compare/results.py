"""The result of a comparison, and its files."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.compare.criterion import NAMED, Criterion
from pipeline.compare.errors import CompareError
from pipeline.compare.outcome import Outcome
from pipeline.compare.predictions import Predictions, pooled
from pipeline.compare.statistics import Difference, Summary, paired_difference, summarise

BEST, FIRST = "best", "first"
# Name of the baseline beside the recipes, none of which can have it.
SHORTCUTS = "(shortcuts)"


@dataclass(frozen=True)
class Row:
    """A recipe that was trained in every fold.

    Attributes:
        outcome: the recipe and its rounds.
        predictions: of all folds together.
        summary: the metrics of these.
        difference: against the reference; None for the reference itself.
    """

    outcome: Outcome
    predictions: Predictions
    summary: Summary
    difference: Difference | None

    @property
    def name(self) -> str:
        """Of the recipe."""
        return self.outcome.candidate.name

    @property
    def seconds(self) -> float:
        """Mean training time."""
        return _mean([trained.seconds for trained in self.outcome.rounds])

    @property
    def latency(self) -> float:
        """Mean of the folds' median latencies, in milliseconds."""
        return _mean([trained.cost.latency for trained in self.outcome.rounds])

    @property
    def megabytes(self) -> float:
        """Of a model on disk."""
        return _mean([trained.cost.megabytes for trained in self.outcome.rounds])

    @property
    def parameters(self) -> int:
        """Of a model."""
        return self.outcome.rounds[0].cost.parameters


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes:
        classes: in the order of the probabilities.
        criterion: by which recipes are ranked.
        folds: 0 for the recipes' own splits.
        rows: the recipes, best first.
        failed: recipes that could not be trained.
        reference: name of the recipe that the others are compared with.
        shortcuts: predictions of the same images from size and format alone.
        shortcut_summary: the metrics of these.
        data_folder: absolute, or an address.
        data_fingerprint: hex digest over names, sizes and times of the data files.
        began: time of the start.
    """

    classes: tuple[str, ...]
    criterion: Criterion
    folds: int
    rows: tuple[Row, ...]
    failed: tuple[Outcome, ...]
    reference: str
    shortcuts: Predictions
    shortcut_summary: Summary
    data_folder: str
    data_fingerprint: str
    began: str

    @property
    def best(self) -> Row:
        """The winner by the criterion."""
        return self.rows[0]


def judge(
    outcomes: Sequence[Outcome],
    shortcuts: Sequence[Predictions],
    criterion: Criterion,
    against: str,
    folds: int,
    facts: dict[str, str],
) -> Comparison:
    """Ranks the recipes and compares each with the reference.

    Args:
        outcomes: of all candidates, in the order in which they were named.
        shortcuts: the baseline's predictions, of each fold.
        criterion: higher is better.
        against: `best`, or `first` for the first one named that was trained.
        folds: 0 for the recipes' own splits.
        facts: the other attributes of `Comparison`.

    Raises:
        CompareError: no recipe could be trained.
    """
    trained = [outcome for outcome in outcomes if not outcome.failure]
    failed = tuple(outcome for outcome in outcomes if outcome.failure)
    if not trained:
        reasons = "\n".join(f"  {o.candidate.name}: {o.failure}" for o in failed)
        raise CompareError(f"None of the recipes could be trained:\n{reasons}")
    classes = outcomes[0].candidate.recipe.data.classes
    found = [pooled([r.predictions for r in outcome.rounds]) for outcome in trained]
    values = [float(criterion.value(predictions.matrix())) for predictions in found]
    order = sorted(range(len(trained)), key=lambda i: -_or_worst(values[i]))
    reference = order[0] if against == BEST else 0
    baseline = pooled(shortcuts)
    return Comparison(
        classes=classes,
        criterion=criterion,
        folds=folds,
        rows=tuple(
            Row(
                trained[i],
                found[i],
                summarise(found[i], classes),
                None
                if i == reference
                else paired_difference(found[i], found[reference], criterion),
            )
            for i in order
        ),
        failed=failed,
        reference=trained[reference].candidate.name,
        shortcuts=baseline,
        shortcut_summary=summarise(baseline, classes),
        **facts,
    )


def _or_worst(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


# === The files ===


def plain(comparison: Comparison) -> dict[str, Any]:
    """Returns all numbers for JSON."""
    return {
        "began": comparison.began,
        "data_folder": comparison.data_folder,
        "data_fingerprint": comparison.data_fingerprint,
        "classes": list(comparison.classes),
        "criterion": comparison.criterion.name,
        "folds": comparison.folds,
        "best": comparison.best.name,
        "reference": comparison.reference,
        "recipes": [_plain_row(row) for row in comparison.rows],
        "failed": {outcome.candidate.name: outcome.failure for outcome in comparison.failed},
        "shortcuts": _plain_summary(comparison.shortcut_summary),
    }


def _plain_row(row: Row) -> dict[str, Any]:
    difference = asdict(row.difference) if row.difference else None
    return {
        "name": row.name,
        **_plain_summary(row.summary),
        "difference": difference,
        "megabytes": row.megabytes,
        "parameters": row.parameters,
        "training_seconds": row.seconds,
        "latency_ms": row.latency,
        "rounds": [
            {
                "fold": trained.fold,
                "images": len(trained.predictions),
                "training_seconds": trained.seconds,
                "epochs": sum(len(epochs) for epochs in trained.history.values()),
                "history": trained.history,
            }
            for trained in row.outcome.rounds
        ],
        "recipe": row.outcome.candidate.recipe.plain(),
    }


def _plain_summary(summary: Summary) -> dict[str, Any]:
    return {
        **summary.named,
        "auc": summary.auc,
        "classes": [asdict(result) for result in summary.classes],
        "confusion_matrix": summary.matrix.astype(int).tolist(),
    }


def save_json(path: Path, comparison: Comparison) -> None:
    """Writes every number; NaN becomes null, since JSON has no NaN."""
    text = json.dumps(_without_nan(plain(comparison)), indent=2, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def save_csv(path: Path, comparison: Comparison) -> None:
    """Writes a row for each recipe, and one for the baseline."""
    rows = [_csv_row(row) for row in comparison.rows]
    rows.append({"recipe": SHORTCUTS, **_csv_summary(comparison.shortcut_summary)})
    rows += [{"recipe": o.candidate.name, "failure": o.failure} for o in comparison.failed]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "failure"], restval="")
        writer.writeheader()
        writer.writerows(rows)


def _csv_row(row: Row) -> dict[str, Any]:
    difference = row.difference
    return {
        "recipe": row.name,
        **_csv_summary(row.summary),
        "difference": f"{difference.value:.6f}" if difference else "",
        "difference_low": f"{difference.low:.6f}" if difference else "",
        "difference_high": f"{difference.high:.6f}" if difference else "",
        "megabytes": f"{row.megabytes:.3f}",
        "parameters": row.parameters,
        "training_seconds": f"{row.seconds:.1f}",
        "latency_ms": f"{row.latency:.2f}",
    }


def _csv_summary(summary: Summary) -> dict[str, str]:
    values = {name: f"{summary.named[name]:.6f}" for name in NAMED}
    values["auc"] = f"{summary.auc:.6f}"
    for result in summary.classes:
        values[f"cases_{result.label}"] = str(result.cases)
        values[f"recall_{result.label}"] = f"{result.recall:.6f}"
        values[f"recall_low_{result.label}"] = f"{result.low:.6f}"
        values[f"recall_high_{result.label}"] = f"{result.high:.6f}"
    return values
