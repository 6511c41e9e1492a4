"""Keeps what libraries in C++ write to standard error out of the log of a node.

TensorFlow 2.21 and the libraries beside it each have an Abseil of their own, which writes what
comes before `absl::InitializeLog` whatever TF_CPP_MIN_LOG_LEVEL says: oneDNN, CUDA that a machine
without a GPU does not have. What ends a process (a fatal line, a traceback) is kept.
"""

import os
import re
import sys
import threading
from typing import IO

# Of Abseil: severity and date, time, thread, file and line of the source.
_PREFIX = r"\d{4} [\d:.]+ +\d+ "
_NOISE = re.compile(
    rf"[IW]{_PREFIX}\S+\.(?:cc|h):\d+\] "
    r"|WARNING: All log messages before absl::InitializeLog\(\)"
    r"|To enable the following instructions: "  # second line of one of TensorFlow's
)
_CUDA_ERROR = re.compile(rf"E{_PREFIX}.*cu(?:da|dnn|init|blas|fft)", re.IGNORECASE)
_NO_GPU = ("", "none", "void")
_PATIENCE_SECONDS = 5.0


def is_noise(line: str, *, has_gpu: bool) -> bool:
    """Whether a line tells the reader of a node's log nothing.

    Args:
        line: of standard error.
        has_gpu: whether errors of CUDA matter.
    """
    return bool(_NOISE.match(line) or (not has_gpu and _CUDA_ERROR.match(line)))


class QuietErrors:
    """Passes the standard error of a process on to this one's, without noise.

    Args:
        stream: of the process, in bytes.
    """

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self._has_gpu = os.environ.get("NVIDIA_VISIBLE_DEVICES", "") not in _NO_GPU
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Waits for the last lines of a process that has ended.

        Not for ever: a process that it started may hold the stream open.
        """
        self._thread.join(_PATIENCE_SECONDS)

    def _pass_on(self) -> None:
        with self._stream:
            for raw in self._stream:
                line = raw.decode(errors="replace")
                if not is_noise(line, has_gpu=self._has_gpu):
                    sys.stderr.write(line)
                    sys.stderr.flush()
