"""Runs a function over many groups at once, and gives the results in order.

Results come in the order of the groups, and only so many groups are under way: a folder of any
size takes the memory of a few requests.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Group = TypeVar("Group")
Result = TypeVar("Result")

_LOOK_SECONDS = 0.2


def in_order(
    work: Callable[[Group], Result], groups: Iterable[Group], workers: int
) -> Iterator[Result]:
    """Yields `work(group)` for each group, computed in threads.

    Threads, not processes: decoders and gRPC release Python's lock.

    Args:
        work: called in `workers` threads.
        groups: taken only when there is room, at most twice as many as workers ahead.
        workers: threads.

    Raises:
        Exception: the first one, in the order of the groups, that `work` raised. What has not
            begun is then dropped.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="score")
    source = iter(groups)
    try:
        waiting = deque(pool.submit(work, group) for group in islice(source, 2 * workers))
        while waiting:
            result = _wait(waiting.popleft())
            waiting.extend(pool.submit(work, group) for group in islice(source, 1))
            yield result
    finally:
        # Not waiting: after Ctrl-C a request may still have a minute to run.
        pool.shutdown(wait=False, cancel_futures=True)


def _wait(future: "Future[Result]") -> Result:
    """Waits with open ears.

    Where TensorFlow runs in this process, the system may hand Ctrl-C to one of its threads, and
    Python's main thread hears of it only when it wakes up.
    """
    while not future.done():
        wait([future], _LOOK_SECONDS)
    return future.result()
