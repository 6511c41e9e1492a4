"""YAML from outside, bounded: a few lines can stand for a billion values, or never end."""

from typing import Any

import yaml

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
        values = yaml.safe_load(text)
    except ValueError as error:  # a date that does not exist, a number of thousands of digits
        raise yaml.YAMLError(str(error)) from None
    except RecursionError:
        raise yaml.YAMLError("lists or mappings are nested too deeply") from None
    _check_number(values)
    return values


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
