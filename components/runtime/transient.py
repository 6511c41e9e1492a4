"""Errors that pass: a lost connection, a server or database that is away for a while."""

import errno
import re
import socket
from collections.abc import Iterator

from components.runtime.errors import MedtfxError

# Classes of libraries by name, since to import them all takes a minute.
_CLASSES = frozenset(
    {
        "botocore.exceptions.ConnectionError",
        "botocore.exceptions.HTTPClientError",
        "google.api_core.exceptions.ServiceUnavailable",
        "ml_metadata.errors.AbortedError",
        "ml_metadata.errors.DeadlineExceededError",
        "ml_metadata.errors.UnavailableError",
        "requests.exceptions.ConnectionError",
        "requests.exceptions.Timeout",
        "tensorflow.python.framework.errors_impl.DeadlineExceededError",
        "tensorflow.python.framework.errors_impl.UnavailableError",
        "urllib3.exceptions.HTTPError",
    }
)
_STATUS_CODES = ("UNAVAILABLE", "DEADLINE_EXCEEDED")  # of gRPC
_ERROR_NUMBERS = (
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
    errno.ESTALE,  # a file of NFS whose server was started again
)
# ML Metadata's library reports a database only as a text: no number where it can't connect, else
# MySQL's own for too many connections, a shutdown, a lock, a lost or refused connection.
_MYSQL = re.compile(r"mysql_\w+ failed: errno: (,|1040|1053|1205|1213|20(02|03|06|13|55))")


def transient_cause(error: BaseException) -> BaseException | None:
    """Returns what may pass: a lost connection that is the error or a cause of it.

    None where the same work would fail again a little later. This is so if any cause is a mistake
    of the user.
    """
    chain = list(_chain(error))
    if any(isinstance(one, MedtfxError) for one in chain):
        return None
    return next(filter(_passes, chain), None)


def _passes(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    if isinstance(error, OSError) and error.errno in _ERROR_NUMBERS:
        return True
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return bool(names & _CLASSES or _grpc_code(error) in _STATUS_CODES or _MYSQL.search(str(error)))


def _grpc_code(error: BaseException) -> str:
    code = getattr(error, "code", None)
    return str(getattr(code(), "name", "")) if callable(code) else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yields the error, its cause, the cause of that, and so on."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        yield current
        seen.add(id(current))
        current = current.__cause__ or current.__context__
