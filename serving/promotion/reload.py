"""Sends a configuration to a running server, and waits until it has loaded a version."""

import time
from typing import Any

import grpc

from components.runtime.environment import RELOAD_TOKEN
from serving.protocol.calls import Caller
from serving.protocol.channel import open_channel
from serving.protocol.errors import ServingError
from serving.protocol.model_metadata import VersionStatus, read_status
from serving.protocol.stubs import ModelServiceStub
from serving.protocol.tensorflow_free import get_model_status_pb2, model_management_pb2
from serving.protocol.tls import Tls
from serving.protocol.token import token_from_environment

_LOOK_SECONDS = 0.2
_ATTEMPTS = 4


class RunningServer:
    """A server whose configuration may be changed: TensorFlow Serving or `medtfx serve`.

    Args:
        address: 'host:port' of its gRPC port.
        timeout: seconds for a reload, and for a version to be loaded.
        tls: how the connection is encrypted; None for plain text.
        token: shown to a server that asks for one; None for `$MEDTFX_RELOAD_TOKEN`, or else
            `$MEDTFX_SERVING_TOKEN`, which a proxy in front of TensorFlow Serving may ask for.

    Raises:
        ServingError: the address is none.
    """

    def __init__(
        self,
        address: str,
        timeout: float = 300.0,
        tls: Tls | None = None,
        token: str | None = None,
    ) -> None:
        self.address, self._timeout = address, timeout
        token = token or RELOAD_TOKEN.get() or token_from_environment()
        self._caller = Caller(address, timeout, _ATTEMPTS, tls, token)
        # A proxy of the environment does not pass gRPC to a server in the same network.
        self._channel = open_channel(address, tls, [("grpc.enable_http_proxy", 0)])
        self._models = ModelServiceStub(self._channel)

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def reload(self, config: Any) -> None:
        """Makes the server serve what a `ModelServerConfig` says; returns when it does.

        Raises:
            ServingError: no server answers, or it refuses the configuration.
        """
        request = model_management_pb2.ReloadConfigRequest(config=config)
        try:
            response = self._caller.call(self._models.HandleReloadConfigRequest, request)
        except grpc.RpcError as error:
            raise self._caller.explain_error(error) from error
        if response.status.error_code:
            raise ServingError(
                f"The model server at {self.address} refused the configuration: "
                f"{response.status.error_message}"
            )

    def await_available(self, model: str, version: int) -> None:
        """Waits until a version is AVAILABLE.

        Raises:
            ServingError: it can't be loaded, or not in time; the message has the server's reason.
        """
        end = time.monotonic() + self._timeout
        while True:
            status = self._status(model, version)
            if status is not None and status.state == "AVAILABLE":
                return
            if (status is not None and status.error) or time.monotonic() >= end:
                raise ServingError(self._why_not(model, version, status))
            time.sleep(_LOOK_SECONDS)

    def _status(self, model: str, version: int) -> VersionStatus | None:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        try:
            found = read_status(self._caller.call(self._models.GetModelStatus, request))
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise self._caller.explain_error(error) from error
        return next((status for status in found if status.version == version), None)

    def _why_not(self, model: str, version: int, status: VersionStatus | None) -> str:
        if status is None:
            return (
                f"The model server at {self.address} does not see version {version} of {model!r}. "
                "Does the base_path in its models.config lead to the folder of pushed versions?"
            )
        reason = f": {status.error}" if status.error else f" within {self._timeout:g} s"
        return (
            f"The model server at {self.address} could not load version {version} of {model!r} "
            f"(state {status.state}){reason}"
        )
