"""A decision in plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Who decides what about a model.

    Attributes:
        approved: whether it may be pushed.
        by: who answers for it.
        note: the reason, or ''.
        at: time in UTC, ISO 8601.
        run: that made and validated the model.
        data_fingerprint: of the images it was made from.
        classes: in the order of the model's outputs.
    """

    approved: bool
    by: str
    note: str
    at: str
    run: str
    data_fingerprint: str
    classes: tuple[str, ...]
