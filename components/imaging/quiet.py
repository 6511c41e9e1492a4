"""Silence: warnings of Pillow, pydicom, highdicom and tifffile stay off the terminal."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOGGERS = ("highdicom", "pydicom", "tifffile")  # which log their warnings as well
_MODULES = r"(PIL|highdicom|pydicom|tifffile|components\.imaging)\b"

_lock = threading.Lock()
_readers = 0
_filters: warnings.catch_warnings[Any] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the libraries' warnings off stderr: what matters comes out as an error or a note.

    The first thread turns them off, the last one turns them on again: overlapping uses of
    `warnings.catch_warnings` would leave the filters of another thread behind.
    """
    global _readers
    with _lock:
        _readers += 1
        if _readers == 1:
            _silence()
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0:
                _restore()


def _silence() -> None:
    global _filters
    _filters = warnings.catch_warnings()
    _filters.__enter__()
    warnings.filterwarnings("ignore", module=_MODULES)
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True


def _restore() -> None:
    global _filters
    if _filters is not None:
        _filters.__exit__(None, None, None)
    _filters = None
    for name in _LOGGERS:
        logging.getLogger(name).disabled = False
