"""Imports of TensorFlow and others as large."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from components.runtime.interrupts import interrupted_afterwards


@contextmanager
def importing() -> Iterator[None]:
    """Runs the imports of a block in two thirds of the time; Ctrl-C counts at its end.

    They make some 700,000 objects that stay until the process ends. Python's garbage collector
    would look at them again and again, and needs a third of a second each time. So it rests
    meanwhile, and passes them over from then on, also at the end of the process.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C came meanwhile.
    """
    collects, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        with interrupted_afterwards():
            yield
    finally:
        if len(sys.modules) > known:  # else only garbage would be kept
            gc.freeze()
        if collects:
            gc.enable()
