"""Greedy batching: requests that wait are run together, and none waits for company.

While a batch runs, requests queue up; the next batch takes as many of them as fit. So an idle
server answers a lone request at once, and a busy one fills its batches by itself: there is no
time-out to tune.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Arrays], Arrays]


@dataclass
class _Request:
    """A waiting request: its inputs, how many rows they have, and where its answer goes.

    Attributes:
        woken: set once it is answered, or is to lead: to run the next batch, on its own thread.
    """

    inputs: Arrays
    rows: int
    answer: "Future[Arrays]" = field(default_factory=Future)
    woken: threading.Event = field(default_factory=threading.Event)


class Batcher:
    """Runs requests in batches, on the threads that bring them.

    A request that finds nobody running runs itself: no other thread has to wake up for it. At the
    end of a batch, the first of those that wait leads the next one.

    Args:
        run: from inputs to outputs, each [rows, ...]; raises `Refused`.
        max_rows: rows of a batch, at most; a single request with more is run alone.
    """

    def __init__(self, run: Run, max_rows: int) -> None:
        self._run, self._max_rows = run, max_rows
        self._waiting: deque[_Request] = deque()
        self._busy = False  # whether somebody leads
        self._lock = threading.Lock()  # of the two above

    def __call__(self, inputs: Arrays) -> Arrays:
        """Runs one request, maybe together with others.

        Raises:
            Refused: this request can't be run; others in its batch are not affected.
        """
        rows = common_rows(inputs)
        if not rows:  # not a batch: the model itself says what is wrong with it
            return self._run(inputs)
        request = _Request(inputs, rows)
        with self._lock:
            self._waiting.append(request)
            leads, self._busy = not self._busy, True
        if not leads:
            request.woken.wait()
        if not request.answer.done():
            self._lead()
        return request.answer.result()

    def _lead(self) -> None:
        """Answers a batch that begins with the leader's own request, and hands over."""
        batch = self._take()
        if len(batch) == 1 or not self._run_together(batch):
            for request in batch:
                self._run_alone(request)
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._busy = following is not None
        if following:  # before the answered ones, so that the model has work again at once
            following.woken.set()
        for request in batch:
            request.woken.set()

    def _take(self) -> list[_Request]:
        """Takes the first that waits, and what fits beside it."""
        batch: list[_Request] = []
        rows = 0
        with self._lock:
            while self._waiting and (not batch or rows + self._waiting[0].rows <= self._max_rows):
                batch.append(self._waiting.popleft())
                rows += batch[-1].rows
        return batch

    def _run_together(self, batch: list[_Request]) -> bool:
        """Answers all requests at once; False if they can't be run together."""
        try:
            inputs = {
                name: np.concatenate([request.inputs[name] for request in batch])
                for name in batch[0].inputs
            }
            outputs = self._run(inputs)
        except Exception:  # noqa: BLE001 - a bad image, another shape: alone, each gets its own error
            return False
        if common_rows(outputs) != sum(request.rows for request in batch):
            return False
        start = 0
        for request in batch:
            rows = slice(start, start + request.rows)
            request.answer.set_result({name: array[rows] for name, array in outputs.items()})
            start += request.rows
        return True

    def _run_alone(self, request: _Request) -> None:
        try:
            request.answer.set_result(self._run(request.inputs))
        except BaseException as error:  # noqa: BLE001 - raised again where the request came from
            request.answer.set_exception(error)


def common_rows(arrays: Arrays) -> int:
    """Returns the size that all arrays share in their first dimension, 0 if they do not."""
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    return sizes.pop() if len(sizes) == 1 else 0
