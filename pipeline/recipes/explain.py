"""What is wrong with the values of a recipe, in words."""

import re
import typing
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from components.recipe.recipe import Recipe

_TYPE_NAME = re.compile(r"constrained-|dict\[|literal\[")


def explain(source: str, error: ValidationError) -> str:
    """Returns a line for each problem.

    Args:
        source: name of the recipe's file.
        error: of the validation.
    """
    lines = [f"{source} is not a valid recipe:"]
    for problem in error.errors(include_url=False):
        # Where several types are allowed, pydantic puts their names among the keys, and tells a
        # problem for each. That one value is no mapping helps nobody.
        parts = [str(part) for part in problem["loc"] if not _TYPE_NAME.match(str(part))]
        key = ".".join(parts) or "(whole recipe)"
        if problem["type"] != "dict_type" or not lines[-1].startswith(f"  {key}: "):
            lines.append(f"  {key}: {_sentence(problem, parts)}")
    return "\n".join(lines)


def _sentence(problem: Any, parts: Sequence[str]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"is not a key of this section. {_meant(parts)} Received: {problem['input']!r}"
    if problem["type"] == "missing":
        return "is required."
    message = problem["msg"].removeprefix("Value error, ")
    received = problem["input"]
    if isinstance(received, dict):  # the whole section would bury the sentence
        return f"{message}."
    return f"{message}. Received: {received!r}"


def _meant(parts: Sequence[str]) -> str:
    """Returns the key that is nearest to an unknown one, or else all keys of its section."""
    section: type[BaseModel] = Recipe
    for part in parts[:-1]:  # the names of classes and nodes are no fields
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        inner = _sections(fields[part].annotation) if part in fields else []
        section = inner[0] if inner else section
    keys = [field.alias or name for name, field in section.model_fields.items()]
    close = get_close_matches(parts[-1], keys, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Its keys: {', '.join(keys)}."


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in typing.get_args(annotation) for section in _sections(part)]
