"""A decision in plain values."""

import json
from dataclasses import asdict, dataclass


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

    def to_json(self) -> str:
        """Returns the decision as the node takes it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Decision":
        """Reads what `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "classes": tuple(values["classes"])})
