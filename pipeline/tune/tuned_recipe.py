"""Writes a recipe file with other values; order and leading comment stay."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from components.storage.atomic_write import write_atomically
from pipeline.recipes.loader import apply_override, parse_recipe, recipe_path


def write_tuned(
    out: Path,
    argument: str,
    overrides: Sequence[str],
    values: Mapping[str, Any],
    comment: Sequence[str],
) -> None:
    """Writes the new recipe, in one step.

    Args:
        out: the file.
        argument: the first recipe: a name, or the path of a YAML file.
        overrides: of it, as `--set` takes them; they are written into the new one.
        values: `section.key` → value, likewise.
        comment: lines for the top of the file; the date is added.

    Raises:
        RecipeError: with these values the recipe is not valid.
    """
    text = recipe_path(argument).read_text(encoding="utf-8")
    plain = yaml.safe_load(text)
    for override in overrides:
        apply_override(plain, override)
    for key, value in values.items():
        apply_override(
            plain, f"{key}={yaml.safe_dump(_few_digits(value), default_flow_style=True)}"
        )
    parse_recipe(yaml.safe_load(yaml.safe_dump(plain)), None, out.name)
    lines = [*comment[:1], f"On {date.today().isoformat()}.", *comment[1:]]
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(line, 98, subsequent_indent="  ", break_on_hyphens=False)
    ]
    head = "".join(f"# {line}\n" for line in wrapped)
    body = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    write_atomically(out, f"{head}#\n{_leading_comment(text)}{body}")


def _few_digits(value: Any) -> Any:
    """Returns a number with six digits: a search finds no more."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _leading_comment(text: str) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        if not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)
