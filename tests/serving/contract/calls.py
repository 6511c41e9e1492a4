"""Requests of the contract, made with what TensorFlow's own tutorial uses."""

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2


def predict_request(*images, model="tiny", signature="", version=None, label=None):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    request.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto(images, tf.string, [len(images)]))
    return request


def refusal(call, request, **options):
    """Returns code and text of the error that a call is answered with."""
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=10, **options)
    return error.value.code().name, error.value.details()
