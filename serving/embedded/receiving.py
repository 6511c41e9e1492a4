"""The messages of gRPC that are on their way in: bounded by number and by time.

gRPC's own options bound the bytes of a message and the number of connections, but a message may
take for ever to arrive, and each that is waited for holds a thread.
"""

import threading
import time
from collections.abc import Iterator

import grpc

_LOOK_SECONDS = 0.5


class Receiver:
    """Waits for messages, for a few at the same time.

    Args:
        most: messages that may arrive at the same time; others wait unread for their turn.
        seconds: until a message has to be complete; then its call is cancelled.
        hurried: the same where others wait for their turn.
    """

    def __init__(self, most: int, seconds: float, hurried: float) -> None:
        self._seconds, self._hurried = seconds, hurried
        self._turns = threading.Semaphore(most)
        self._waiting: set[grpc.ServicerContext] = set()  # for a turn
        self._begun: dict[grpc.ServicerContext, float] = {}  # call → when its turn began
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_watch, name="receiving", daemon=True)

    def start(self) -> None:
        """Begins to cancel calls that are late."""
        self._thread.start()

    def stop(self) -> None:
        """Cancels no more."""
        self._stopped.set()

    def receive(self, messages: Iterator[bytes], call: grpc.ServicerContext) -> bytes:
        """Returns the one message of a call, as it was sent.

        Raises:
            grpc.RpcError: the call was cancelled, by its client or for being late.
            StopIteration: it ended without a message.
        """
        if not self._turns.acquire(blocking=False):
            self._waiting.add(call)
            self._turns.acquire()
            self._waiting.remove(call)
        self._begun[call] = time.monotonic()
        try:
            return next(messages)
        finally:
            del self._begun[call]
            self._turns.release()

    def _keep_watch(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            allowed = self._hurried if self._waiting else self._seconds
            late = time.monotonic() - allowed
            for call, begun in list(self._begun.items()):
                if begun < late:
                    call.cancel()
