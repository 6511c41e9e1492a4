"""Imports of TensorFlow and other large libraries."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from components.runtime.interrupts import interrupted_afterwards


@contextmanager
def importing() -> Iterator[None]:
    """Runs the imports of a block without the garbage collector; Ctrl-C waits for its end.

    TensorFlow, TFX and Beam make some 700,000 objects that stay until the process ends. The garbage
    collector would look at all of them again and again, for a third of a second each time. So it is
    off in the block, and ignores these objects afterwards, also when the process ends.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C came meanwhile.
    """
    collects, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        with interrupted_afterwards():
            yield
    finally:
        if len(sys.modules) > known:  # else there is only garbage to keep
            gc.freeze()
        if collects:
            gc.enable()
