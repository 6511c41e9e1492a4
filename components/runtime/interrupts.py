"""Ctrl-C while TensorFlow is busy."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """Lets Ctrl-C wait for the end of the block.

    TensorFlow's C++ calls Python while it is imported or loads a model. An interrupt that comes
    then is printed with its traceback and forgotten, or leaves a module half imported.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():  # it alone gets signals
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)
