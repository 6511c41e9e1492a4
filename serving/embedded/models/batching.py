"""Greedy batching: waiting requests are run together, and none waits for more to come.

While a batch runs, requests queue up; the next batch takes as many of them as fit. So an idle
server runs a single request at once, and a busy one gets full batches: there is no time-out to
tune. A request of many images is run in several batches, so that memory has a bound.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Arrays], Arrays]


@dataclass
class _Request:
    """A request and, later, its outputs.

    Attributes:
        inputs: each [rows, ...].
        rows: of the inputs.
        outputs: of the model, or None.
        error: instead of outputs, or None.
        batch: that it is to run, on its own thread, as the first of it; or None.
        woken: set once it has its outputs or error, or a batch to run.
    """

    inputs: Arrays
    rows: int
    outputs: Arrays | None = None
    error: BaseException | None = None
    batch: "list[_Request] | None" = None
    woken: threading.Event = field(default_factory=threading.Event)


class Batcher:
    """Runs requests in batches, on the threads that bring them.

    A request that finds a free lane runs itself: no other thread has to wake up for it. At the end
    of a batch, the first of those that wait runs the next one.

    Args:
        run: from inputs to outputs, each [rows, ...]; raises `StatusError`.
        max_rows: rows of a batch, at most; a single request of numbers with more is run alone.
        lanes: batches that run at the same time.
    """

    def __init__(self, run: Run, max_rows: int, lanes: int = 1) -> None:
        self._run, self._max_rows, self._lanes = run, max_rows, lanes
        self._waiting: deque[_Request] = deque()
        self._free = lanes
        self._lock = threading.Lock()  # of the two above

    def __call__(self, inputs: Arrays) -> Arrays:
        """Runs one request, maybe together with others.

        Raises:
            StatusError: this request can't be run; others in its batch are not affected.
        """
        rows = common_rows(inputs)
        if not rows:  # not a batch: the model has the error message
            return self._run(inputs)
        # Strings are images. Of numbers there may be a million rows, each next to nothing.
        if rows > self._max_rows and all(array.dtype == object for array in inputs.values()):
            return self._run_in_parts(inputs, rows)
        request = _Request(inputs, rows)
        with self._lock:
            self._waiting.append(request)
            if self._free:  # then nobody else waits
                self._free -= 1
                request.batch = self._take()
        if request.batch is None:
            request.woken.wait()
        if request.batch is not None:
            self._lead(request)
        return _result(request)

    def _run_in_parts(self, inputs: Arrays, rows: int) -> Arrays:
        """Runs a large request as several, between which others get their turn."""
        found = []
        for start in range(0, rows, self._max_rows):
            part = {name: array[start : start + self._max_rows] for name, array in inputs.items()}
            found.append(self(part))
            if common_rows(found[-1]) != common_rows(part):  # the outputs are not by row
                return self._run(inputs)
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}

    def _lead(self, leader: _Request) -> None:
        """Runs the batch of a request, and passes the lane to the first one that waits."""
        batch, leader.batch = leader.batch or [], None  # no circle, see `_result`
        if len(batch) == 1 or not self._run_together(batch):
            for request in batch:
                self._run_alone(request)
        with self._lock:
            following = self._take()
            if following:
                following[0].batch = following
            else:
                self._free += 1
        if following:  # before the answered ones, so that the model has work again at once
            following[0].woken.set()
        for request in batch:
            request.woken.set()

    def _take(self) -> list[_Request]:
        """Takes the first that waits, and what fits beside it: of all that wait, a lane's share."""
        batch: list[_Request] = []
        rows = 0
        share = -(-sum(request.rows for request in self._waiting) // self._lanes)
        most = min(self._max_rows, share)
        while self._waiting and (not batch or rows + self._waiting[0].rows <= most):
            batch.append(self._waiting.popleft())
            rows += batch[-1].rows
        return batch

    def _run_together(self, batch: list[_Request]) -> bool:
        """Runs all requests together; False if that is not possible."""
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
            request.outputs = {name: array[rows] for name, array in outputs.items()}
            start += request.rows
        return True

    def _run_alone(self, request: _Request) -> None:
        try:
            request.outputs = self._run(request.inputs)
        except BaseException as error:  # noqa: BLE001 - raised again where the request came from
            request.error = error


def _result(request: _Request) -> Arrays:
    if request.error is None:
        assert request.outputs is not None
        return request.outputs
    try:
        raise request.error
    finally:
        # The error knows this place, and so the request. A circle of the two would stay in memory,
        # inputs and all, until Python looks for circles.
        request.error = None


def common_rows(arrays: Arrays) -> int:
    """Returns the size that all arrays share in their first dimension, 0 if they do not."""
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    return sizes.pop() if len(sizes) == 1 else 0
