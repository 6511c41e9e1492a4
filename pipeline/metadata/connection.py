"""The address of ML Metadata for the nodes of a run: KFP's own server, a database, or a file.

The address comes only from the environment, because that of a database contains a password: a pod
gets it from a secret, and it is not among the arguments that KFP shows.

    MEDTFX_MLMD=grpc://metadata-grpc-service.kubeflow:8080
    MEDTFX_MLMD=mysql://user:password@host:3306/database
    MEDTFX_MLMD=sqlite:////volume/metadata.sqlite       (one node at a time)

Without it, METADATA_GRPC_SERVICE_HOST and _PORT are taken, which KFP sets in its pods.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from components.runtime.environment import ML_METADATA
from components.runtime.errors import MedtfxError

HOST_VARIABLE, PORT_VARIABLE = "METADATA_GRPC_SERVICE_HOST", "METADATA_GRPC_SERVICE_PORT"

_FORMS = (
    "grpc://HOST:PORT, mysql://USER:PASSWORD@HOST:PORT/DATABASE (MySQL or MariaDB) or "
    "sqlite:////ABSOLUTE/PATH"
)
_PORTS = {"grpc": 8080, "mysql": 3306}
_POSTGRESQL = ("postgres", "postgresql")


class MetadataError(MedtfxError):
    """ML Metadata can't be reached, or its address is not valid."""


def address(environment: Mapping[str, str] = os.environ) -> str:
    """Returns the address in the environment.

    Raises:
        MetadataError: there is none.
    """
    if given := ML_METADATA.get(environment):
        return given
    if host := environment.get(HOST_VARIABLE):
        return f"grpc://{host}:{environment.get(PORT_VARIABLE) or _PORTS['grpc']}"
    raise MetadataError(
        f"No address of ML Metadata: neither {ML_METADATA} nor {HOST_VARIABLE} is set. Give it to "
        f"every node by the recipe, platform.env.{ML_METADATA} for {_FORMS.split(',')[0]}, or "
        "platform.secrets where it holds a password."
    )


def shown(uri: str) -> str:
    """Returns the address without the password, for a log."""
    parts = urlsplit(uri)
    if not parts.password:
        return uri
    return uri.replace(f":{parts.password}@", ":***@", 1)


def connection(uri: str) -> Any:
    """Returns the configuration that ML Metadata's client wants.

    Args:
        uri: see the module.

    Returns:
        `MetadataStoreClientConfig` of a gRPC server, `ConnectionConfig` of a database.

    Raises:
        MetadataError: the address has none of the known forms; the message hides a password.
    """
    from ml_metadata.proto import metadata_store_pb2

    parts = urlsplit(uri)
    if parts.scheme in _POSTGRESQL:
        # It writes 'E'...' for E'...'. Recipes have backslashes in patterns and in nested JSON.
        raise MetadataError(
            "ML Metadata can't keep a pipeline in PostgreSQL: its library fails on every text with "
            f"a backslash. Received: {shown(uri)!r}. Allowed: {_FORMS}."
        )
    if parts.scheme == "sqlite":
        return _sqlite(parts)
    port = _port(parts)
    if parts.scheme == "grpc":
        return metadata_store_pb2.MetadataStoreClientConfig(
            host=_part(parts, "hostname"), port=port
        )
    database = _text(parts.path.strip("/"), parts, "database")
    config = metadata_store_pb2.ConnectionConfig()
    config.mysql.host, config.mysql.port = _part(parts, "hostname"), port
    config.mysql.user = _part(parts, "username")
    config.mysql.password = unquote(parts.password or "")
    config.mysql.database = database
    return config


def count_runs(address: str) -> int:
    """Connects, which creates missing tables, and returns the number of pipeline runs.

    Args:
        address: see `connection`.

    Raises:
        MetadataError: it can't be reached, or the login is refused; the message has no password.
    """
    with _open(address) as store:
        return len(store.get_contexts_by_type("pipeline_run"))


def properties_of_run(address: str, run_id: str) -> list[dict[str, str]]:
    """Returns the custom properties that are texts of each execution of a run, oldest first.

    Args:
        address: see `connection`.
        run_id: name of the pipeline run; the list is empty if there is none.

    Raises:
        MetadataError: it can't be reached, or the login is refused.
    """
    with _open(address) as store:
        context = store.get_context_by_type_and_name("pipeline_run", run_id)
        executions = store.get_executions_by_context(context.id) if context else []
    return [
        {name: value.string_value for name, value in execution.custom_properties.items()}
        for execution in sorted(executions, key=lambda one: one.id)
    ]


@contextmanager
def _open(address: str) -> Iterator[Any]:
    """Yields the store; errors in the block become a sentence without the password."""
    import ml_metadata

    try:
        yield ml_metadata.MetadataStore(connection(address))
    # A refused login is a RuntimeError.
    except (ml_metadata.errors.StatusError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MetadataError(f"ML Metadata at {shown(address)} can't be used: {first}") from error


def _sqlite(parts: SplitResult) -> Any:
    from ml_metadata.proto import metadata_store_pb2

    path = os.path.normpath(f"/{unquote(parts.path).lstrip('/')}")
    if parts.netloc or path == "/":
        raise _refusal(parts, "path")
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
    return config


def _port(parts: SplitResult) -> int:
    if parts.scheme not in _PORTS:
        raise _refusal(parts, "known scheme")
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise _refusal(parts, "valid port") from None


def _part(parts: SplitResult, name: str) -> str:
    return _text(unquote(getattr(parts, name) or ""), parts, name)


def _text(value: str, parts: SplitResult, name: str) -> str:
    if not value:
        raise _refusal(parts, name)
    return value


def _refusal(parts: SplitResult, missing: str) -> MetadataError:
    return MetadataError(
        f"The address of ML Metadata has no {missing}: {shown(parts.geturl())!r}. It is {_FORMS}."
    )
