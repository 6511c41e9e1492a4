"""TensorFlow Serving's messages, without TensorFlow.

The message modules of `tensorflow` and `tensorflow-serving-api` bring 1.5 GB onto the disk, and
run all of TensorFlow when they are imported: 8-15 s, 500 MB. So the classes are made here from the
same descriptions, which ship with medtfx: `tensorflow_free.binpb`, a FileDescriptorSet written by
`scripts/protocol`.

They live in a pool of their own and do not meet TensorFlow's in the same process. So the classes
are others, too: between a message of these and one of TensorFlow's, `CopyFrom` is refused, and
`ParseFromString(other.SerializeToString())` is the way.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

_SET = Path(__file__).with_suffix(".binpb")


def _read_pool() -> DescriptorPool:
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(_SET.read_bytes()).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


POOL = _read_pool()
"""Knows the messages; for what looks them up by name, as JSON of an `Any` does."""

# The function is protobuf 4's and later; protobuf 3 has a factory that keeps the classes.
_message_class = getattr(message_factory, "GetMessageClass", None) or (
    message_factory.MessageFactory(POOL).GetPrototype
)


def _module(file: str) -> Any:
    """Returns what protoc would generate for a file: its messages, enums and their values."""
    found = POOL.FindFileByName(file)
    names: dict[str, Any] = {}
    for name, message in found.message_types_by_name.items():
        names[name] = _message_class(message)
    for name, enum in found.enum_types_by_name.items():
        names |= {name: EnumTypeWrapper(enum)}
        names |= {value.name: value.number for value in enum.values}
    return SimpleNamespace(DESCRIPTOR=found, **names)


# === Tensors ===
tensor_pb2 = _module("tensorflow/core/framework/tensor.proto")
types_pb2 = _module("tensorflow/core/framework/types.proto")
# === Signatures ===
meta_graph_pb2 = _module("tensorflow/core/protobuf/meta_graph.proto")
# === Requests and answers ===
predict_pb2 = _module("tensorflow_serving/apis/predict.proto")
get_model_metadata_pb2 = _module("tensorflow_serving/apis/get_model_metadata.proto")
get_model_status_pb2 = _module("tensorflow_serving/apis/get_model_status.proto")
model_management_pb2 = _module("tensorflow_serving/apis/model_management.proto")
# === Configuration ===
model_server_config_pb2 = _module("tensorflow_serving/config/model_server_config.proto")
