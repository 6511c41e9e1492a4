"""Builds the EvalConfig: the metrics of TFMA, and the thresholds for a blessing."""

import json

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.gate.floors import TOLERANCE, compared_quantity, held_quantity
from components.gate.metric_names import QUANTITIES, metric_name, shortfall_name
from components.recipe.data import DataSection
from components.recipe.evaluation import EvaluationSection
from components.runtime.errors import RecipeError

OVERALL = config_pb2.SlicingSpec()

# TFMA's default of 10,000 makes plots of megabytes.
_THRESHOLDS = 200


def build_eval_config(
    data: DataSection, evaluation: EvaluationSection, source: str = ""
) -> config_pb2.EvalConfig:
    """Builds the config from the recipe's sections.

    The floors of the classes apply to the whole test split: in a label slice the recall of the
    other classes is undefined, and TFMA never blesses an undefined value. Floors of slices are on a
    shortfall, which is always defined.

    Args:
        data: classes.
        evaluation: floors and slices.
        source: digest of the code of our metrics, so that an edit changes the config.

    Raises:
        RecipeError: a class has no floor. Without thresholds TFX writes no blessing.
    """
    for label in data.classes:
        try:
            evaluation.floor(label)
        except KeyError:
            raise RecipeError(
                f"evaluation.recall_floor has no floor for class {label!r}."
            ) from None
    config = config_pb2.EvalConfig(
        model_specs=[_model_spec(evaluation)],
        slicing_specs=[
            OVERALL,
            config_pb2.SlicingSpec(feature_keys=["label"]),
            *(
                config_pb2.SlicingSpec(feature_keys=[name])
                for name in evaluation.slices
                if name != "label"
            ),
        ],
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[*_overall_metrics(), *_class_metrics(data, evaluation)]
            ),
            config_pb2.MetricsSpec(
                binarize=config_pb2.BinarizationOptions(
                    class_ids={"values": list(range(len(data.classes)))}
                ),
                metrics=_binarised_metrics(),
            ),
        ],
    )
    for metric in config.metrics_specs[0].metrics:
        if metric.module:
            metric.config = json.dumps({**json.loads(metric.config), "source": source})
    return config


def _model_spec(evaluation: EvaluationSection) -> config_pb2.ModelSpec:
    """Returns a model that TFMA asks, or with folds none: the Examples hold the predictions."""
    spec = config_pb2.ModelSpec(label_key="label_index", prediction_key="probabilities")
    if not evaluation.folds:
        spec.signature_name, spec.model_type = "serve_examples", tfma.constants.TF_GENERIC
    return spec


def _overall_metrics() -> list[config_pb2.MetricConfig]:
    return [
        _metric("ExampleCount"),
        _own_metric("overall", "Accuracy", name="accuracy"),
        _own_metric("overall", "LogLoss", name="loss"),
        _metric("MultiClassConfusionMatrixAtThresholds", name="confusion_matrix", thresholds=[0.0]),
        _metric("MultiClassConfusionMatrixPlot"),
    ]


def _binarised_metrics() -> list[config_pb2.MetricConfig]:
    return [
        _metric("AUC", name="auc", num_thresholds=_THRESHOLDS),
        # top_k 1: the class with the highest probability, not p > 0.5.
        _metric("Recall", name="recall", top_k=1),
        _metric("Precision", name="precision", top_k=1),
        _metric("Specificity", name="specificity", top_k=1),
        _metric("Calibration", name="calibration"),
        _metric("ConfusionMatrixPlot", num_thresholds=_THRESHOLDS),
        _metric("CalibrationPlot", num_buckets=10),
    ]


def _class_metrics(
    data: DataSection, evaluation: EvaluationSection
) -> list[config_pb2.MetricConfig]:
    held, compared = held_quantity(evaluation.floor_on), compared_quantity(evaluation.floor_on)
    found = []
    for index, label in enumerate(data.classes):
        least = {held: evaluation.floor(label)}
        if evaluation.allowed_drop is not None:
            least[compared] = -evaluation.allowed_drop
        for quantity in QUANTITIES:
            metric = _class_metric(index, quantity, metric_name(quantity, label))
            if quantity in least:
                bound = {"value": least[quantity] - TOLERANCE}
                threshold = config_pb2.MetricThreshold(
                    value_threshold=config_pb2.GenericValueThreshold(lower_bound=bound)
                )
                metric.per_slice_thresholds.add(slicing_specs=[OVERALL], threshold=threshold)
            found.append(metric)
        found += _slice_metrics(index, label, evaluation)
    return found


def _slice_metrics(
    index: int, label: str, evaluation: EvaluationSection
) -> list[config_pb2.MetricConfig]:
    found = []
    for feature, rule in evaluation.slices.items():
        if rule.floor is None:
            continue
        metric = _class_metric(
            index,
            held_quantity(evaluation.floor_on),
            shortfall_name(feature, label),
            floor=rule.floor,
            min_patients=rule.min_patients,
        )
        threshold = config_pb2.MetricThreshold(
            value_threshold=config_pb2.GenericValueThreshold(upper_bound={"value": TOLERANCE})
        )
        spec = config_pb2.SlicingSpec(feature_keys=[feature])
        metric.per_slice_thresholds.add(slicing_specs=[spec], threshold=threshold)
        found.append(metric)
    return found


def _class_metric(
    class_id: int, quantity: str, name: str, **config: object
) -> config_pb2.MetricConfig:
    return _own_metric(
        "metrics", "ClassMetric", name=name, class_id=class_id, quantity=quantity, **config
    )


def _own_metric(module: str, class_name: str, **config: object) -> config_pb2.MetricConfig:
    metric = _metric(class_name, **config)
    metric.module = f"components.evaluator.{module}"
    return metric


def _metric(class_name: str, **config: object) -> config_pb2.MetricConfig:
    return config_pb2.MetricConfig(class_name=class_name, config=json.dumps(config))
