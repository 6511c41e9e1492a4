"""The search space: the keys to search, and their values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime.errors import RecipeError

Value = int | float | str | bool
_LOG = ":log"


@dataclass(frozen=True)
class Choice:
    """A list of values.

    Attributes:
        values: two or more, all of one type.
    """

    values: tuple[Value, ...]

    def holds(self, value: object) -> bool:
        """Whether the value is in the list."""
        return value in self.values

    def ends(self) -> tuple[Value, ...]:
        """Returns the values to check: if they are allowed, all are."""
        return self.values


@dataclass(frozen=True)
class Range:
    """A range of numbers, both bounds included.

    Attributes:
        low: lower bound.
        high: upper bound.
        log: whether the scale is logarithmic.
        whole: whether the values are integers.
    """

    low: float
    high: float
    log: bool
    whole: bool

    def holds(self, value: object) -> bool:
        """Whether the value lies between the bounds."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def ends(self) -> tuple[Value, ...]:
        """Returns the values to check: if they are allowed, all are."""
        if self.whole:
            return int(self.low), int(self.high)
        return self.low, self.high


Space = dict[str, Choice | Range]


def parse_space(texts: Mapping[str, str], model: ModelSection, training: TrainingSection) -> Space:
    """Reads a search space and checks that the sections allow all of its values.

    Args:
        texts: `section.key` → `low..high`, `low..high:log` or `a,b,c`.
        model: the recipe's section.
        training: the recipe's section.

    Returns:
        Key → its values.

    Raises:
        RecipeError: a key is not in `model` or `training`, or does not allow a value.
    """
    space = {key: _parse(key, text) for key, text in texts.items()}
    if not space:
        raise RecipeError("The search space is empty: name a key, e.g. model.dropout=0.1,0.3.")
    for key, values in space.items():
        for value in values.ends():
            with_values(model, training, {key: value})
    return space


def with_values(
    model: ModelSection, training: TrainingSection, values: Mapping[str, Value]
) -> tuple[ModelSection, TrainingSection]:
    """Returns the sections with other values.

    Args:
        model: the recipe's section.
        training: the recipe's section.
        values: `section.key` → value.

    Raises:
        RecipeError: a key is unknown, or does not allow its value.
    """
    sections = {"model": model.plain(), "training": training.plain()}
    for key, value in values.items():
        *parents, last = key.split(".")
        node: Any = sections
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict) or last not in node or len(parents) == 0:
            raise RecipeError(
                "Only keys of the sections `model` and `training` can be searched. Received: "
                f"{key!r}, which is none of them. Correct it."
            )
        node[last] = value
    try:
        return (
            ModelSection.model_validate(sections["model"]),
            TrainingSection.model_validate(sections["training"]),
        )
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise RecipeError(
            f"The search space has a value that its key does not allow: "
            f"{', '.join(f'{key}={value}' for key, value in values.items())}: {problem['msg']}."
        ) from None


def value_of(model: ModelSection, training: TrainingSection, key: str) -> object:
    """Returns the value of `section.key`."""
    node: object = {"model": model.plain(), "training": training.plain()}
    for part in key.split("."):
        node = node[part]  # type: ignore[index]
    return node


def _parse(key: str, text: str) -> Choice | Range:
    if ".." in text:
        return _range(key, text)
    values = [yaml.safe_load(part) for part in text.split(",") if part.strip()]
    if any(isinstance(value, float) for value in values):
        values = [float(value) if type(value) is int else value for value in values]
    if len(set(values)) < 2 or len({type(value) for value in values}) > 1:
        raise RecipeError(
            f"{key} takes a list of two or more values of one type, such as 0.1,0.3,0.5, or a "
            f"range, such as 1e-4..1e-2:log. Received: {text!r}"
        )
    return Choice(tuple(values))


def _range(key: str, text: str) -> Range:
    log = text.endswith(_LOG)
    parts = text.removesuffix(_LOG).split("..")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        low = high = math.nan
    if not low < high or not math.isfinite(high - low) or (log and low <= 0):
        raise RecipeError(
            f"{key} takes an ascending range low..high, above 0 if it ends with :log. "
            f"Received: {text!r}"
        )
    whole = all(part.strip().lstrip("-").isdigit() for part in parts)
    return Range(low, high, log, whole)
