"""YAML from outside, bounded: a few lines can stand for a billion values, or never end."""

from collections.abc import Hashable
from typing import Any

import yaml
from yaml.constructor import ConstructorError

_LONGEST = 100_000  # characters; the recipes that come with medtfx have 3,000
_MOST = 10_000  # values, those behind aliases counted each time


def load_yaml(text: str) -> Any:
    """Reads plain values.

    Raises:
        yaml.YAMLError: it is no valid YAML, or too much of it.
    """
    if len(text) > _LONGEST:
        raise yaml.YAMLError(f"at most {_LONGEST} characters are read. Received: {len(text)}")
    try:
        values = yaml.load(text, _Loader)
    except ValueError as error:  # a date that does not exist, a number of thousands of digits
        raise yaml.YAMLError(str(error)) from None
    except RecursionError:
        raise yaml.YAMLError("lists or mappings are nested too deeply") from None
    _check_number(values)
    return values


def in_words(error: yaml.YAMLError, where: bool = True) -> str:
    """Returns what is wrong, with the line and column if they are known and wanted."""
    problem = getattr(error, "problem", None) or str(error)
    if "escape character" in problem:
        problem += "; put a text with a backslash into single quotes"
    mark = getattr(error, "problem_mark", None) if where else None
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML's own readers keep the last without a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        names = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[str] = set()
        for name in names:
            if name.value in seen:
                problem = f"the key {name.value!r} stands here twice; keep one"
                raise ConstructorError(None, None, problem, name.start_mark)
            seen.add(name.value)
        return super().construct_mapping(node, deep)


def _check_number(values: Any) -> None:
    left, waiting = _MOST, [values]
    while waiting:
        value = waiting.pop()
        left -= 1
        if left < 0:
            raise yaml.YAMLError(f"at most {_MOST} values are read, those behind aliases included")
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple | set):
            waiting += value
