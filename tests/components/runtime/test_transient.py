import errno
import socket

import pytest

from components.runtime.errors import DataError
from components.runtime.transient import transient_cause


def chained(error: Exception, cause: Exception) -> Exception:
    """Returns the error as raised from its cause."""
    try:
        raise error from cause
    except type(error) as raised:
        return raised


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset by peer"),
        TimeoutError("no reply"),
        OSError(errno.ESTALE, "stale file handle"),
        socket.gaierror(socket.EAI_AGAIN, "try again"),
        RuntimeError("mysql_real_connect failed: errno: , error: "),
        RuntimeError("mysql_query failed: errno: 2006, error: MySQL server has gone away"),
        chained(ValueError("the node failed"), ConnectionRefusedError("refused")),
    ],
)
def test_a_lost_connection_passes(error):
    assert transient_cause(error) is (error.__cause__ or error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shape mismatch"),
        OSError(errno.ENOSPC, "no space left on device"),
        FileNotFoundError("gone"),
        socket.gaierror(socket.EAI_NONAME, "unknown"),
        RuntimeError("mysql_query failed: errno: 1064, error: syntax"),
        DataError("no such class"),
        chained(DataError("the bucket can't be listed"), ConnectionRefusedError("refused")),
        chained(ValueError("the node failed"), DataError("no such class")),
    ],
)
def test_what_would_fail_again_does_not_pass(error):
    assert transient_cause(error) is None


def test_ml_metadata_whose_server_is_away_passes():
    import ml_metadata

    from pipeline.metadata.connection import connection

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        store = ml_metadata.MetadataStore(connection(f"grpc://127.0.0.1:{unused.getsockname()[1]}"))
        with pytest.raises(ml_metadata.errors.UnavailableError) as refused:
            store.get_context_types()
    error = chained(ValueError("the node failed"), refused.value)
    assert transient_cause(error) is refused.value
