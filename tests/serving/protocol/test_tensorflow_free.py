import subprocess
import sys

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
)
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)

from serving.protocol import tensorflow_free
from tests.paths import ROOT

SPOKEN = [
    predict_pb2.PredictRequest,
    predict_pb2.PredictResponse,
    get_model_metadata_pb2.GetModelMetadataRequest,
    get_model_metadata_pb2.GetModelMetadataResponse,
    get_model_metadata_pb2.SignatureDefMap,
    get_model_status_pb2.GetModelStatusRequest,
    get_model_status_pb2.GetModelStatusResponse,
    model_management_pb2.ReloadConfigRequest,
    model_management_pb2.ReloadConfigResponse,
]


# === The same messages as those of the installed packages ===


def describe(pool, name):
    """What decides about the bytes: of a message its fields, of an enum its values."""
    try:
        found, proto = pool.FindMessageTypeByName(name), DescriptorProto()
    except KeyError:
        found, proto = pool.FindEnumTypeByName(name), EnumDescriptorProto()
    found.CopyToProto(proto)
    if isinstance(proto, EnumDescriptorProto):
        return {(value.name, value.number) for value in proto.value}
    return {
        (field.name, field.number, field.type, field.label, field.type_name)
        for field in proto.field
    }


def reachable(pool, name, seen):
    """All messages and enums that a message is made of."""
    if name in seen:
        return seen
    seen[name] = describe(pool, name)
    for entry in seen[name]:
        if len(entry) == 5 and entry[4]:
            reachable(pool, entry[4].lstrip("."), seen)
    return seen


@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda message: message.DESCRIPTOR.name)
def test_each_field_is_what_the_installed_packages_say(spoken):
    ours = reachable(tensorflow_free.POOL, spoken.DESCRIPTOR.full_name, {})
    installed = descriptor_pool.Default()
    # They may have fields that came later: such a field travels through ours as an unknown one.
    assert {
        name: described - describe(installed, name)
        for name, described in ours.items()
        if not described <= describe(installed, name)
    } == {}


def test_what_is_compared_reaches_tensors_and_signatures():
    found = reachable(tensorflow_free.POOL, "tensorflow.serving.SignatureDefMap", {})
    field = FieldDescriptorProto
    assert {"tensorflow.SignatureDef", "tensorflow.TensorInfo", "tensorflow.DataType"} <= {*found}
    assert (
        "dtype", 2, field.TYPE_ENUM, field.LABEL_OPTIONAL, ".tensorflow.DataType"
    ) in found["tensorflow.TensorInfo"]  # fmt: skip
    assert ("DT_STRING", 7) in found["tensorflow.DataType"]


# === Beside TensorFlow ===

BOTH_WAYS = """
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2 as theirs
from serving.protocol.tensorflow_free import predict_pb2 as ours
request = ours.PredictRequest(output_filter=["label"])
request.model_spec.version.value = 7
request.inputs["x"].ParseFromString(tf.make_tensor_proto([b"a"]).SerializeToString())
read = theirs.PredictRequest.FromString(request.SerializeToString())
print(tf.make_ndarray(read.inputs["x"]).tolist(), read.model_spec.version.value)
print(ours.PredictRequest.FromString(read.SerializeToString()) == request)
"""


def test_both_live_in_one_process_where_tensorflow_came_first():
    """The other order is that of tests/serving/contract."""
    line = [sys.executable, "-c", BOTH_WAYS]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "[b'a'] 7\nTrue\n", done.stderr
