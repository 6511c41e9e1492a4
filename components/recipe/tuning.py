"""The section `tuning`: the search space of `medtfx tune`."""

from pydantic import field_validator

from components.recipe.base import Section

# The keys that help most often, within ranges that are rarely unreasonable.
DEFAULT_SPACE = {
    "training.learning_rate": "1e-4..1e-2:log",
    "training.label_smoothing": "0,0.05,0.1",
    "model.dropout": "0,0.1,0.2,0.3,0.5",
}


class TuningSection(Section):
    """The search space of `medtfx tune`.

    Attributes:
        space: key of `training` or `model` to its values: a range of numbers `low..high`, with
            `:log` for a logarithmic scale, or a list `a,b,c`.
    """

    space: dict[str, str] = DEFAULT_SPACE

    @field_validator("space")
    @classmethod
    def _of_the_network(cls, space: dict[str, str]) -> dict[str, str]:
        for key in space:
            if key.partition(".")[0] not in ("training", "model"):
                raise ValueError(
                    "only keys of `training` and `model` can be tuned, since all trials share the "
                    f"same prepared images. Received: {key!r}"
                )
        return space
