"""TensorFlow Serving's calls, whether they come by gRPC or by REST."""

import time
from typing import Any

import grpc

from serving.embedded.image_bounds import DEFAULT_BOUNDS, ImageBounds
from serving.embedded.metrics import Metrics
from serving.embedded.models.manager import Manager
from serving.embedded.models.versions import ServedVersion
from serving.embedded.pixel_budget import PixelBudget
from serving.embedded.predict import predict
from serving.embedded.request_logging import RequestLogging
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
)

_METADATA_FIELD = "signature_def"
_UNKNOWN_MODEL = "unknown"


class PredictHandlers:
    """TensorFlow Serving's calls, without a transport. Each raises `StatusError`.

    Args:
        manager: has the models.
        metrics: counts the requests.
        bounds: of a request.
        log: gets the predictions, or None.
    """

    def __init__(
        self,
        manager: Manager,
        metrics: Metrics,
        bounds: ImageBounds = DEFAULT_BOUNDS,
        log: RequestLogging | None = None,
    ) -> None:
        self.manager, self.metrics, self._bounds, self._log = manager, metrics, bounds, log
        self._budget = PixelBudget(bounds.pixels)

    def predict(self, request: Any, entrypoint: str = "GRPC") -> Any:
        """Returns the PredictResponse to a PredictRequest; `entrypoint` is GRPC or REST."""
        start, status, model = time.monotonic(), "OK", request.model_spec.name
        try:
            return self._predict(request)
        except StatusError as error:
            status = error.code.name
            raise
        finally:
            # A name that is not there comes from outside: counted one by one, such names would
            # fill the memory.
            model = model if self.manager.versions(model) else _UNKNOWN_MODEL
            self.metrics.requests.add(model, status)
            self.metrics.request_latency.add(
                model, "Predict", entrypoint, value=_microseconds(start)
            )

    def _predict(self, request: Any) -> Any:
        with self.manager.acquire(_model_spec(request)) as model:
            start = time.monotonic()
            response = predict(model, request, self._bounds, self._budget, self._log)
            self.metrics.runtime_latency.add(
                model.name, "Predict", "TF1", value=_microseconds(start)
            )
            return response

    def metadata(self, request: Any) -> Any:
        """Returns the signatures of a version, for a GetModelMetadataRequest."""
        spec = _model_spec(request)
        if not request.metadata_field:
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                "GetModelMetadataRequest must specify at least one metadata_field",
            )
        for field in request.metadata_field:
            if field != _METADATA_FIELD:
                raise StatusError(
                    grpc.StatusCode.INVALID_ARGUMENT, f"Metadata field {field} is not supported"
                )
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with self.manager.acquire(spec) as model:
            response.model_spec.name = model.name
            response.model_spec.version.value = model.version
            for name, signature in model.signature_def.items():
                signatures.signature_def[name].CopyFrom(signature)
        response.metadata[_METADATA_FIELD].Pack(signatures)
        return response

    def status(self, request: Any) -> Any:
        """Returns the state of one version or of all, for a GetModelStatusRequest."""
        spec = _model_spec(request)
        versions = self.manager.versions(spec.name)
        if spec.WhichOneof("version_choice") == "version":
            number = spec.version.value
            versions = {n: version for n, version in versions.items() if n == number}
            missing = f"version {number}"
        else:
            missing = "any versions"
        if not versions:
            raise StatusError(
                grpc.StatusCode.NOT_FOUND, f"Could not find {missing} of model {spec.name}"
            )
        response = get_model_status_pb2.GetModelStatusResponse()
        for number in sorted(versions, reverse=True):
            _add_status(response, versions[number])
        return response

    def reload(self, request: Any) -> Any:
        """Serves the configuration of a ReloadConfigRequest; returns when it is loaded."""
        self.manager.reload(request.config)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.error_code = 0
        return response


def _model_spec(request: Any) -> Any:
    if not request.HasField("model_spec"):
        raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")
    return request.model_spec


def _add_status(response: Any, version: ServedVersion) -> None:
    status = response.model_version_status.add(version=version.number, state=version.state)
    status.status.error_code = version.error_code
    status.status.error_message = version.error


def _microseconds(start: float) -> float:
    return (time.monotonic() - start) * 1e6
