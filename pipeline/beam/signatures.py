"""Beam asks Python for the signatures of each method of each DoFn, several times over.

A pipeline of TFX has hundreds of DoFns of a few dozen classes: 55,000 questions in Transform, which
small sets of images notice. The answer depends on the function alone, so it is kept.
"""

import functools
from collections.abc import Callable
from types import MethodType
from typing import Any

Signature = tuple[list[str], list[Any]]  # names of the arguments, defaults of the last ones


def remember_signatures() -> None:
    """Makes Beam in this process ask once for each function; a second call changes nothing."""
    from apache_beam.transforms import core

    if not isinstance(core.get_function_args_defaults, _Remembered):
        core.get_function_args_defaults = _Remembered(core.get_function_args_defaults)


class _Remembered:
    def __init__(self, ask: Callable[[Any], Signature]):
        self._ask = ask
        # Functions that live as long as their class; what is unpickled for one pipeline is let go.
        self._of_method = functools.lru_cache(maxsize=4096)(ask)

    def __call__(self, function: Any) -> Signature:
        if not isinstance(function, MethodType):
            return self._ask(function)
        names, defaults = self._of_method(function.__func__)
        return names[1:], list(defaults)  # without `self`
