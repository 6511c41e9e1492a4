"""Gives memory that is no longer used back to the system."""

import ctypes
import gc


def give_back_freed_memory() -> None:
    """Lets the C library return what Python and TensorFlow have freed.

    It keeps freed memory for later allocations of its own, after a training some 200 MB, which the
    servers that nodes start then lack. Where the library is not glibc nothing happens.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
