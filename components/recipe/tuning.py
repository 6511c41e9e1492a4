"""The section `tuning`: which values `medtfx tune` may try."""

from pydantic import field_validator

from components.recipe.base import Section

# What helps most often, within what is seldom absurd.
DEFAULT_SPACE = {
    "training.learning_rate": "1e-4..1e-2:log",
    "training.label_smoothing": "0,0.05,0.1",
    "model.dropout": "0,0.1,0.2,0.3,0.5",
}


class TuningSection(Section):
    """Which values a search may try.

    Attributes:
        space: `training.` or `model.` key → its values: `low..high` for a number between the two
            (`:log` behind it spreads them over the orders of magnitude), or a list `a,b,c`.
    """

    space: dict[str, str] = DEFAULT_SPACE

    @field_validator("space")
    @classmethod
    def _of_the_network(cls, space: dict[str, str]) -> dict[str, str]:
        for key in space:
            if key.partition(".")[0] not in ("training", "model"):
                raise ValueError(
                    f"{key!r} can't be tuned: keys of `training` and `model` can, since the images "
                    "are prepared once for all trials"
                )
        return space
