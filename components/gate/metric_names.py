"""The names of the metrics of the gate, in the EvalConfig and in the results of TFMA."""


def recall_name(label: str) -> str:
    """Returns the name of the metric for the observed recall of a class."""
    return f"recall {label}"


def lower_bound_name(label: str) -> str:
    """Returns the name of the metric for the lower bound of that recall."""
    return f"recall lower bound {label}"


def upper_bound_name(label: str) -> str:
    """Returns the name of the metric for the upper bound of that recall."""
    return f"recall upper bound {label}"


def specificity_lower_name(label: str) -> str:
    """Returns the name of the metric for the lower bound of the specificity of a class."""
    return f"specificity lower bound {label}"


def specificity_upper_name(label: str) -> str:
    """Returns the name of the metric for the upper bound of that specificity."""
    return f"specificity upper bound {label}"


def patients_name(label: str) -> str:
    """Returns the name of the metric for the number of patients with images of a class."""
    return f"patients {label}"


def change_name(label: str) -> str:
    """Returns the name of the metric for the lower bound of the change against the baseline."""
    return f"recall change lower bound {label}"


def shortfall_name(feature: str, label: str) -> str:
    """Returns the name of the metric for what a class misses of the floor of a slice."""
    return f"shortfall {feature} {label}"
