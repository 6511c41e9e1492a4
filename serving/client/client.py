"""A client of a model server: real TensorFlow Serving and `medtfx serve` alike.

    with Client("localhost:8500", model="covid19-radiography") as client:
        for prediction in client.predict([Path("a.dcm"), Path("b.png")]):
            print(prediction.source, prediction.label, prediction.error)

Neither TensorFlow nor TFX is imported, so a program that uses it starts at once. A client may be
shared between threads.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc

from components.imaging.images import MAX_PIXELS
from components.saved_model.embedding import EMBED
from serving.client.prediction import read_predictions
from serving.client.request_batches import OutgoingImage, in_batches, read_images
from serving.client.shadow import Shadow
from serving.protocol.calls import Caller, is_unknown_servable
from serving.protocol.channel import open_channel
from serving.protocol.errors import ServingError, UnknownServableError
from serving.protocol.model_metadata import Metadata, VersionStatus, read_metadata, read_status
from serving.protocol.prediction import Prediction
from serving.protocol.stubs import ModelServiceStub, PredictionServiceStub
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)
from serving.protocol.tensors import strings
from serving.protocol.tls import Tls
from serving.protocol.token import token_from_environment
from serving.request_log.record import LogRecord
from serving.request_log.request_log import open_log

IMAGE_INPUT = "image_bytes"
PREDICT, EXPLAIN = "serving_default", "explain"

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# A server that comes back is found again within a second, not within gRPC's two minutes.
_RECONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


class Client:
    """Gets predictions of one model from one server.

    Args:
        address: 'host:port' of the server's gRPC port.
        model: name of the model.
        timeout: seconds for each request, retries included.
        attempts: how often a request is sent before a server counts as unavailable.
        batch_size: images in one request, at most.
        tls: how the connection is encrypted; None for plain text.
        max_pixels: images with more (width x height) are not decoded, but get an `error`.
        token: shown to a server that asks for one; None for `$MEDTFX_SERVING_TOKEN`, if it is set.
        log: folder of the request log, or its address at s3://, which gets a line for each
            prediction, for `medtfx monitor`; None: nothing is logged.
        shadow: label of a version that is asked too, in the background: its predictions go into the
            log alone, for `medtfx monitor`. None: no version.

    Raises:
        ServingError: an argument is not usable.
        RequestLogError: the folder of the log can't be written.
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        timeout: float = 30.0,
        attempts: int = 4,
        batch_size: int = 16,
        tls: Tls | None = None,
        max_pixels: int = MAX_PIXELS,
        token: str | None = None,
        log: Path | str | None = None,
        shadow: str | None = None,
    ) -> None:
        _check(model, timeout, attempts, batch_size, max_pixels)
        self.address, self.model, self.batch_size = address, model, batch_size
        self._max_pixels = max_pixels
        self._log = open_log(log) if log is not None else None
        # What a request asks for, by version and label → the version, of an earlier medtfx, that
        # has no embeddings. The shadow asks from a thread of its own, for another label.
        self._without_embedding: dict[tuple[int, str], int] = {}
        self._caller = Caller(address, timeout, attempts, tls, token or token_from_environment())
        self._channel = open_channel(address, tls, [*_UNLIMITED, *_RECONNECT])
        self._predictions = PredictionServiceStub(self._channel)
        self._models = ModelServiceStub(self._channel)
        self._shadow = self._make_shadow(shadow) if shadow is not None else None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; requests under way fail, after a few seconds for the shadow."""
        if self._shadow is not None:
            self._shadow.close()
        self._channel.close()
        if self._log is not None:
            self._log.close()

    # === Predictions ===

    def predict(
        self,
        images: Sequence[bytes | Path | str],
        version: int | None = None,
        label: str | None = None,
        explain: bool = False,
    ) -> list[Prediction]:
        """Returns a prediction for each image: contents of files, or paths, of any readable format.

        1. Each image is read and brought into canonical form; what can't be read gets an `error`.
        2. The others are sent in batches.
        3. If the server refuses a batch for its content, its images are sent one by one.

        Args:
            images: contents of files, or paths.
            version: a version of the model; None for the one that serves.
            label: instead of a version, a label such as 'stable'.
            explain: add a heatmap to each prediction.

        Returns:
            One prediction an image, in the order given.

        Raises:
            ServingError: the server can't be reached or refused; see `serving.protocol.errors`.
        """
        return list(self.predict_each(images, version, label, explain))

    def predict_each(
        self,
        images: Iterable[bytes | Path | str],
        version: int | None = None,
        label: str | None = None,
        explain: bool = False,
    ) -> Iterator[Prediction]:
        """As `predict`, one after the other: only one batch is held in memory."""
        request = predict_pb2.PredictRequest()
        self._fill_spec(request.model_spec, version, label)
        request.model_spec.signature_name = EXPLAIN if explain else self._plain()
        read = read_images(images, self._max_pixels, with_facts=self._log is not None)
        for batch in in_batches(read, self.batch_size):
            sent = [image for image in batch if image.error is None]
            started = time.monotonic()
            predictions = self._ask(request, sent)
            self._record(sent, predictions, time.monotonic() - started)
            answers = iter(predictions)
            for image in batch:
                yield Prediction(image.source, error=image.error) if image.error else next(answers)

    def _ask(self, request: Any, images: list[OutgoingImage]) -> list[Prediction]:
        """Sends one batch; afterwards, if its content is refused, each of its images alone."""
        if not images:
            return []
        request.inputs[IMAGE_INPUT].CopyFrom(strings([image.encoded for image in images]))
        try:
            response = self._predict(request)
        except grpc.RpcError as error:
            if not _is_about_content(error):
                raise self._explain(error) from error
            if len(images) == 1:
                return [Prediction(images[0].source, error=f"the model refused it: {_why(error)}")]
            return [answer for image in images for answer in self._ask(request, [image])]
        return read_predictions([image.source for image in images], response)

    def _plain(self) -> str:
        return PREDICT if self._log is None else EMBED

    def _predict(self, request: Any) -> Any:
        """Sends a request; if the version has no embeddings, sends it again without."""
        spec = request.model_spec
        asked, plain = (spec.version.value, spec.version_label), spec.signature_name != EMBED
        if plain or asked not in self._without_embedding:
            try:
                return self._caller.call(self._predictions.Predict, request)
            except grpc.RpcError as error:
                if plain or error.code() != grpc.StatusCode.FAILED_PRECONDITION:
                    raise
        spec.signature_name = PREDICT
        try:
            response = self._caller.call(self._predictions.Predict, request)
        finally:
            spec.signature_name = EMBED
        # Another version than the one that had none: the next request asks for embeddings again.
        version = response.model_spec.version.value
        if self._without_embedding.setdefault(asked, version) != version:
            del self._without_embedding[asked]
        return response

    def _record(
        self, images: list[OutgoingImage], predictions: list[Prediction], latency: float
    ) -> None:
        if self._log is None:
            return
        answered = [
            (image, image.facts, prediction)
            for image, prediction in zip(images, predictions, strict=True)
            if prediction.ok and image.facts is not None
        ]
        self._log.add(
            [LogRecord(self.model, prediction, facts, latency) for _, facts, prediction in answered]
        )
        if self._shadow is not None and answered:
            self._shadow.offer([image for image, *_ in answered], answered[0][2].version)

    def _make_shadow(self, label: str) -> Shadow:
        if self._log is None:
            raise ServingError(
                "The predictions of a shadow go into the request log alone. Received: "
                f"shadow={label!r} without log. Name the log, too."
            )
        return Shadow(self.model, lambda images: self.ask_label(images, label), self._log)

    def ask_label(self, images: list[OutgoingImage], label: str) -> list[Prediction]:
        """Returns the predictions of the version with a label, with embeddings; logs nothing.

        Args:
            images: that were read without an error, for one request.
            label: of the version.

        Raises:
            ServingError: the server can't be reached, refused, or has no such label.
        """
        request = predict_pb2.PredictRequest()
        self._fill_spec(request.model_spec, None, label)
        request.model_spec.signature_name = EMBED
        return self._ask(request, images)

    # === Status and metadata ===

    def status(self) -> list[VersionStatus]:
        """Returns the state of each version the server knows, the newest first.

        Raises:
            ServingError: the server can't be reached, or the model is unknown.
        """
        try:
            return self._status()
        except grpc.RpcError as error:
            raise self._caller.explain_error(error) from error

    def metadata(self, version: int | None = None, label: str | None = None) -> Metadata:
        """Returns the signatures of a version.

        Raises:
            ServingError: the server can't be reached, or there is no such version.
        """
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        self._fill_spec(request.model_spec, version, label)
        try:
            response = self._caller.call(self._predictions.GetModelMetadata, request)
        except grpc.RpcError as error:
            raise self._explain(error) from error
        return read_metadata(response)

    def _status(self) -> list[VersionStatus]:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self.model
        return read_status(self._caller.call(self._models.GetModelStatus, request))

    # === Helpers ===

    def _fill_spec(self, spec: Any, version: int | None, label: str | None) -> None:
        if version is not None and label is not None:
            raise ServingError(
                f"Ask for a version or for a label, not for both. Received version {version} and "
                f"label {label!r}."
            )
        spec.name = self.model
        if version is not None:
            if not 0 <= version < 2**63:
                raise ServingError(f"A version is a number from 0 on. Received: {version}.")
            spec.version.value = version
        elif label is not None:
            spec.version_label = label

    def _explain(self, error: Any) -> ServingError:
        """As `Caller.explain_error`; where the version is unknown, names those that are there."""
        explained = self._caller.explain_error(error)
        if not isinstance(explained, UnknownServableError):
            return explained
        try:
            served = [str(one.version) for one in self._status() if one.state == "AVAILABLE"]
        except grpc.RpcError:
            return UnknownServableError(
                f"{explained} It has no model {self.model!r}: correct the name, or push one."
            )
        return UnknownServableError(
            f"{explained} Versions of {self.model!r} that answer: {', '.join(served) or 'none'}."
        )


def _check(model: str, timeout: float, attempts: int, batch_size: int, max_pixels: int) -> None:
    if not model:
        raise ServingError("A model is asked by its name. Received: ''.")
    if not timeout > 0 or min(attempts, batch_size, max_pixels) < 1:
        raise ServingError(
            "A client needs a timeout above 0 s, and at least 1 attempt, 1 image a batch and 1 "
            f"pixel an image. Received: timeout {timeout}, attempts {attempts}, batch_size "
            f"{batch_size}, max_pixels {max_pixels}."
        )


def _is_about_content(error: Any) -> bool:
    text = error.details()
    return error.code() == grpc.StatusCode.INVALID_ARGUMENT and not is_unknown_servable(
        error.code(), text
    )


def _why(error: Any) -> str:
    """The first line: TensorFlow adds a list of graph nodes."""
    return str(error.details()).strip().split("\n")[0]
