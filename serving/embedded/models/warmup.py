"""Warm-up: requests that travel with a version, replayed before any other.

The first request to a fresh model is slow (0.5 s against 20 ms): TensorFlow optimises the graph
then. TensorFlow Serving replays the same file.
"""

from pathlib import Path
from typing import Any

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.embedded.models.model import LoadedModel
from serving.embedded.predict import predict
from serving.embedded.status_error import StatusError

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_REQUESTS = 1000  # TensorFlow Serving refuses more


def warm_up(model: LoadedModel, folder: Path) -> int:
    """Replays the Predict requests of the version's warm-up file, if it has one.

    Args:
        model: the loaded version.
        folder: its SavedModel.

    Returns:
        How many requests were replayed.

    Raises:
        StatusError: a request failed, or the file can't be read: the version must not serve.
    """
    file = folder / WARMUP_FILE
    if not file.is_file():
        return 0
    count = 0
    for count, log in enumerate(_read(file), start=1):
        if count > _MAX_REQUESTS:
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Number of warmup records exceeds the maximum ({_MAX_REQUESTS}) at {file}",
            )
        if log.WhichOneof("log_type") != "predict_log":
            raise StatusError(
                grpc.StatusCode.UNIMPLEMENTED,
                f"Unsupported log_type for warmup: {log.WhichOneof('log_type')}",
            )
        predict(model, log.predict_log.request)
    return count


def _read(file: Path) -> Any:
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            yield prediction_log_pb2.PredictionLog.FromString(record)
    except (tf.errors.OpError, DecodeError) as error:
        raise StatusError(
            grpc.StatusCode.DATA_LOSS, f"Failed to read warmup data from {file}: {error}"
        ) from error
