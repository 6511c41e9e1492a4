"""Work on many items in several threads, and matrices in one."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 8  # items a thread that wait, or whose results do
_WAKE_SECONDS = 0.2


def map_in_threads(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int | None = None,
    ahead: int = _AHEAD,
) -> Iterator[Result]:
    """Yields `work(item)` for each item, in order.

    Unlike `Executor.map` it does not take all items at once, so that few of them are in memory.
    Threads, not processes: decoders and gRPC release Python's lock.

    Args:
        work: called in several threads at once.
        items: taken only when there is room.
        threads: how many; by default one a processor, two at least.
        ahead: items for each thread that are taken before their results are.

    Yields:
        One result an item.

    Raises:
        Exception: the first one, in the order of the items, that `work` raised. What has not begun
            is then dropped.
    """
    threads = threads or max(2, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(threads)
    source = iter(items)
    try:
        waiting = deque(pool.submit(work, item) for item in islice(source, ahead * threads))
        while waiting:
            result = _result_of(waiting.popleft())
            waiting.extend(pool.submit(work, item) for item in islice(source, 1))
            yield result
    finally:
        # Not waiting: after Ctrl-C a request may still have a minute to run.
        pool.shutdown(wait=False, cancel_futures=True)


def _result_of(future: "Future[Result]") -> Result:
    """Waits for a result, and wakes up now and then.

    Where TensorFlow runs in this process, the system may hand Ctrl-C to one of its threads, and
    Python's main thread learns of it only when it wakes up.
    """
    while not future.done():
        wait([future], _WAKE_SECONDS)
    return future.result()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Has NumPy and SciPy multiply matrices in one thread within the block.

    With small matrices several threads are not faster, and use processor time while they wait. The
    setting is that of the whole process: such blocks in two threads must not overlap.
    """
    from threadpoolctl import threadpool_limits  # looks through all libraries: 10 ms

    with threadpool_limits(1, "blas"):
        yield
