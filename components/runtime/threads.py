"""Work on many items in several threads, in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 8  # items a thread that wait, or whose results do


def map_in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yields the result of each item, in order, computed by a thread a processor, two at least.

    Unlike `Executor.map` it does not draw all items at once, so that few of them are in memory.
    """
    threads = max(2, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as executor:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(executor.submit(work, item))
            if len(waiting) >= threads * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
