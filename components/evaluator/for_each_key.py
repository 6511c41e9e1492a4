"""Has TFMA ask a metric for its computations once for each key, and builds the key."""

from collections.abc import Callable
from typing import Any

from tensorflow_model_analysis.metrics import metric_types, metric_util


def for_each_key(
    compute: Callable[..., metric_types.MetricComputations],
) -> Callable[..., metric_types.MetricComputations]:
    """Returns what TFMA's `Metric` takes.

    Args:
        compute: called with the `MetricKey`, the EvalConfig, and the metric's own parameters but
            `source`, which only makes an edit of the code change the EvalConfig.
    """

    # TFMA passes its own parameters by these names.
    def computations(
        name: str,
        source: str = "",
        eval_config: Any = None,
        model_name: str = "",
        output_name: str = "",
        example_weighted: bool = False,
        **own: Any,
    ) -> metric_types.MetricComputations:
        del source
        key = metric_types.MetricKey(
            name, model_name, output_name, example_weighted=example_weighted
        )
        return compute(key, eval_config, **own)

    return metric_util.merge_per_key_computations(computations)
