"""The names of the metrics of the gate, in the EvalConfig and in the results of TFMA."""

# Quantity of `ClassMetric` → its title. Bounds are those of the 95 % interval.
QUANTITIES = {
    "recall": "recall",
    "recall_low": "recall lower bound",
    "recall_high": "recall upper bound",
    "specificity_low": "specificity lower bound",
    "specificity_high": "specificity upper bound",
    "patients": "patients",
    "baseline": "recall of the baseline",
    "change": "recall change",
    "change_low": "recall change lower bound",
}


def metric_name(quantity: str, label: str) -> str:
    """Returns the name of the metric for a quantity of a class."""
    return f"{QUANTITIES[quantity]} {label}"


def shortfall_name(feature: str, label: str) -> str:
    """Returns the name of the metric for what a class misses of the floor of a slice."""
    return f"shortfall {feature} {label}"
