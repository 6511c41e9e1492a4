"""The warm-up file of a version: a server replays it before it takes requests.

The first request to a model is slow, since TensorFlow then optimises the graph and, on a GPU,
chooses algorithms for each batch size.
"""

import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog
from tfx.utils import io_utils, path_utils

from components.serving_validator.served_model import EXPLAIN, PREDICT, predict_request


def write_warmup(saved_model: str, name: str, image_size: int, largest_batch: int) -> None:
    """Writes `assets.extra/tf_serving_warmup_requests`.

    Args:
        saved_model: folder of the SavedModel.
        name: name of the model.
        image_size: side of the image that is sent, in pixels.
        largest_batch: largest number of images that the server runs together.
    """
    image = _grey_image(image_size)
    # The largest batch needs the most memory: if it is short, that shows now and not under load.
    sizes = {PREDICT: sorted({1, largest_batch}), EXPLAIN: [1]}
    requests = [
        predict_request(name, signature, [image] * size)
        for signature, of_signature in sizes.items()
        for size in of_signature
    ]
    logs = [PredictionLog(predict_log=PredictLog(request=request)) for request in requests]
    io_utils.write_tfrecord_file(path_utils.warmup_file_path(saved_model), *logs)


def _grey_image(size: int) -> bytes:
    # Drawn, not taken from the data: the file goes wherever the model goes, and an image of a
    # patient must not.
    encoded: bytes = tf.io.encode_png(tf.fill([size, size, 1], tf.constant(128, tf.uint8))).numpy()
    return encoded
