"""The names of the metrics of the gate, in the EvalConfig and in the results of TFMA."""


def recall_name(label: str) -> str:
    """Returns the name of the metric for the observed recall of a class."""
    return f"recall {label}"


def lower_bound_name(label: str) -> str:
    """Returns the name of the metric for the Wilson lower bound of that recall."""
    return f"recall lower bound {label}"
