"""The parts of the dashboard: data for TFMA's HTML elements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.dashboard.page import Block

_METRICS, _PLOT, _SERIES = "tfma-nb-slicing-metrics", "tfma-nb-plot", "tfma-nb-time-series"
# A matrix is shown as a plot, not in a cell of a table.
_NO_CELL = ("confusion_matrix", "multi_class_confusion_matrix_at_thresholds")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation.

    Attributes:
        run: id of the run.
        data: fingerprint of its data folder.
        uri: of the Evaluator's artifact `evaluation`.
        classes: in the order of the model's outputs.
    """

    run: str
    data: str
    uri: str
    classes: tuple[str, ...]


def blocks_of(evaluated: Sequence[Evaluated]) -> list[Block]:
    """Returns the time series if there are several runs, then slices and plots of the latest.

    Args:
        evaluated: the oldest first.
    """
    import tensorflow_model_analysis as tfma

    loaded = [tfma.load_eval_result(one.uri) for one in evaluated]
    for result in loaded:
        _drop_matrices(result)
    blocks = [_series(evaluated, loaded)] if len(loaded) > 1 else []
    return [*blocks, *_slices(loaded[-1]), *_plots(loaded[-1], evaluated[-1].classes)]


def _drop_matrices(result: Any) -> None:
    for _, by_output in result.slicing_metrics:
        for by_class in by_output.values():
            for metrics in by_class.values():
                for name in _NO_CELL:
                    metrics.pop(name, None)


def _series(evaluated: Sequence[Evaluated], loaded: Sequence[Any]) -> Block:
    data = []
    for one, result in zip(evaluated, loaded, strict=True):
        (overall,) = [metrics for key, metrics in result.slicing_metrics if not key]
        identity = {"modelIdentifier": one.run, "dataIdentifier": one.data[:12]}
        data.append({"metrics": overall, "config": identity})
    return Block("Runs", _SERIES, data, {"isModelCentric": True})


def _slices(result: Any) -> Iterator[Block]:
    from tensorflow_model_analysis.view import util

    config = util.get_slicing_config(result.config)
    overall = util.get_slicing_metrics(result.slicing_metrics)
    for column in sorted({column for key, _ in result.slicing_metrics for column, _ in key}):
        parts = util.get_slicing_metrics(result.slicing_metrics, slicing_column=column)
        yield Block(f"By {column}", _METRICS, overall + parts, config)


def _plots(result: Any, classes: Sequence[str]) -> Iterator[Block]:
    from tensorflow_model_analysis.slicer.slicer_lib import SingleSliceSpec
    from tensorflow_model_analysis.view import util

    found = [key for slice_key, outputs in result.plots if not slice_key for key in outputs[""]]
    titles = {"": "Confusion matrix"}
    titles |= {f"classId:{index}": f"Plots of {name}" for index, name in enumerate(classes)}
    for key, title in titles.items():
        if key in found:
            index = {"class_id": int(key.partition(":")[2])} if key else {}
            data, config = util.get_plot_data_and_config(result.plots, SingleSliceSpec(), **index)
            yield Block(title, _PLOT, data, config)
