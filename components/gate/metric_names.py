"""The names of the metrics that decide, as they stand in the EvalConfig and in its results."""


def recall_name(label: str) -> str:
    """Returns the name of the metric that holds the observed recall of a class."""
    return f"recall {label}"


def lower_bound_name(label: str) -> str:
    """Returns the name of the metric that holds the Wilson lower bound of that recall."""
    return f"recall lower bound {label}"
