"""The address of ML Metadata for the nodes of a run: a database, a server, or a file.

The address comes only from the environment, because that of a database contains a password: a pod
gets it from a secret, and it is not among the arguments that KFP shows.

    MEDTFX_MLMD=mysql://user:password@host:3306/database
    MEDTFX_MLMD=grpc://host:8080
    MEDTFX_MLMD=sqlite:////volume/metadata.sqlite       (one node at a time)
    MEDTFX_MLMD=kfp                                     (that of Kubeflow Pipelines, up to 2.x)
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from components.runtime.environment import ML_METADATA
from components.runtime.errors import MedtfxError

# The choice of Kubeflow Pipelines' own, how that one is called, and the version without it.
KFP, KFP_SERVICE, DROPPED_BY = "kfp", "metadata-grpc-service", "3.0"
HOST_VARIABLE, PORT_VARIABLE = "METADATA_GRPC_SERVICE_HOST", "METADATA_GRPC_SERVICE_PORT"

_FORMS = (
    "mysql://USER:PASSWORD@HOST:PORT/DATABASE (MySQL or MariaDB), grpc://HOST:PORT or "
    "sqlite:////ABSOLUTE/PATH"
)
_PORTS = {"grpc": 8080, "mysql": 3306}
_POSTGRESQL = ("postgres", "postgresql")


class MetadataError(MedtfxError):
    """ML Metadata can't be reached, or its address is not valid."""


def address(environment: Mapping[str, str] = os.environ) -> str:
    """Returns the address in the environment.

    Raises:
        MetadataError: there is none, or it is Kubeflow Pipelines' own, which is not there.
    """
    given = ML_METADATA.get(environment)
    if not given:
        raise MetadataError(
            f"No address of ML Metadata: {ML_METADATA} is not set. Make a database by `kubectl "
            f"apply -k kubeflow/manifests/metadata`, and name its secret in the recipe under "
            f"platform.secrets; or set platform.env.{ML_METADATA} to {KFP!r} for that of Kubeflow "
            f"Pipelines, which version {DROPPED_BY} removes."
        )
    if given != KFP:
        return given
    host = environment.get(HOST_VARIABLE)
    if not host:
        raise MetadataError(
            f"{ML_METADATA}={KFP} takes the ML Metadata of Kubeflow Pipelines, and this one gives "
            f"its pods none: {HOST_VARIABLE} is not set. Version {DROPPED_BY} has removed it: name "
            f"a database instead, {_FORMS}."
        )
    return f"grpc://{host}:{environment.get(PORT_VARIABLE) or _PORTS['grpc']}"


def warning(address: str) -> str:
    """Returns what is to be said of an address, '' if nothing."""
    if KFP_SERVICE not in address:
        return ""
    return (
        f"Warning: this is the ML Metadata of Kubeflow Pipelines, which its version {DROPPED_BY} "
        "removes, with the lineage in it. kubeflow/README.md says how to get one of your own."
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
