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

from serving.embedded.refused import Refused

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Arrays], Arrays]


@dataclass
class _Request:
    """A waiting request: its inputs, how many rows they have, and where its answer goes."""

    inputs: Arrays
    rows: int
    answer: "Future[Arrays]" = field(default_factory=Future)


class Batcher:
    """Runs requests in batches, on a thread of its own.

    Args:
        run: from inputs to outputs, each [rows, ...]; raises `Refused`.
        max_rows: rows of a batch, at most; a single request with more is run alone.
    """

    def __init__(self, run: Run, max_rows: int) -> None:
        self._run, self._max_rows = run, max_rows
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    def __call__(self, inputs: Arrays) -> Arrays:
        """Runs one request, maybe together with others.

        Raises:
            Refused: this request can't be run; others in its batch are not affected.
        """
        rows = common_rows(inputs)
        if not rows:  # not a batch: the model itself says what is wrong with it
            return self._run(inputs)
        request = _Request(inputs, rows)
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()
        return request.answer.result()

    def close(self) -> None:
        """Ends the thread, once everything that waits has been run."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while batch := self._take():
            if len(batch) == 1 or not self._run_together(batch):
                for request in batch:
                    self._run_alone(request)

    def _take(self) -> list[_Request]:
        """Waits for a request and takes what fits beside it; [] when closed and done."""
        batch: list[_Request] = []
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            rows = 0
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
        except (Refused, ValueError):  # one bad image, or images of another shape than the rest
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
