"""The texts are parsed by the messages that TensorFlow Serving's sources define.

No Python package ships them, so their fields are listed here: `BatchingParameters` of
session_bundle_config.proto, `MonitoringConfig` of monitoring_config.proto.
"""

import inspect

import pytest
from google.protobuf import message_factory, text_format, wrappers_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from components.recipe.serving import ServingSection
from serving.client import Client
from serving.embedded.http.rest import METRICS_PATH as EMBEDDED_METRICS_PATH
from serving.production.batching_config import batching_config
from serving.production.monitoring_config import METRICS_PATH, monitoring_config

INT64 = "TYPE_MESSAGE type_name: '.google.protobuf.Int64Value' label: LABEL_OPTIONAL"
MESSAGES = f"""
name: "serving.proto" package: "serving" syntax: "proto3"
dependency: "google/protobuf/wrappers.proto"
message_type {{
  name: "BatchingParameters"
  field {{ name: "max_batch_size" number: 1 type: {INT64} }}
  field {{ name: "batch_timeout_micros" number: 2 type: {INT64} }}
  field {{ name: "max_enqueued_batches" number: 3 type: {INT64} }}
  field {{ name: "num_batch_threads" number: 4 type: {INT64} }}
  field {{ name: "allowed_batch_sizes" number: 6 type: TYPE_INT64 label: LABEL_REPEATED }}
  field {{ name: "pad_variable_length_inputs" number: 7 type: TYPE_BOOL label: LABEL_OPTIONAL }}
}}
message_type {{
  name: "PrometheusConfig"
  field {{ name: "enable" number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL }}
  field {{ name: "path" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }}
}}
message_type {{
  name: "MonitoringConfig"
  field {{
    name: "prometheus_config" number: 1 type: TYPE_MESSAGE type_name: ".serving.PrometheusConfig"
    label: LABEL_OPTIONAL
  }}
}}
"""


@pytest.fixture(scope="module")
def protocol():
    """Message classes by name."""
    pool = DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    file = text_format.Parse(MESSAGES, FileDescriptorProto())
    pool.AddSerializedFile(file.SerializeToString())
    messages = pool.FindFileByName("serving.proto").message_types_by_name
    make = getattr(message_factory, "GetMessageClass", None)
    make = make or message_factory.MessageFactory(pool).GetPrototype
    return {name: make(message) for name, message in messages.items()}


@pytest.mark.parametrize(
    ("serving", "sizes", "threads"),
    [
        ({}, [1, 2, 4, 8, 16, 32], 2),
        ({"batching": {"max_batch_size": 24}, "cpu": "500m"}, [1, 2, 4, 8, 16, 24], 1),
        ({"batching": {"max_batch_size": 1, "num_batch_threads": 8}}, [1], 8),
        ({"batching": {"max_batch_size": 8, "allowed_batch_sizes": [2, 8]}, "cpu": 2.5}, [2, 8], 3),
    ],
)
def test_batching(protocol, serving, sizes, threads):
    section = ServingSection(**serving)
    text = batching_config(section)
    parsed = text_format.Parse(text, protocol["BatchingParameters"]())
    assert list(parsed.allowed_batch_sizes) == sizes
    # What TensorFlow Serving demands, or it does not start.
    assert parsed.max_batch_size.value == sizes[-1] == section.batching.max_batch_size
    assert parsed.num_batch_threads.value == threads
    assert parsed.batch_timeout_micros.value == section.batching.batch_timeout_micros
    assert parsed.max_enqueued_batches.value == section.batching.max_enqueued_batches
    assert not parsed.pad_variable_length_inputs


def test_a_request_of_our_client_fits_into_a_batch():
    client_sends = inspect.signature(Client).parameters["batch_size"].default
    assert client_sends <= ServingSection().batching.max_batch_size


def test_monitoring(protocol):
    parsed = text_format.Parse(monitoring_config(), protocol["MonitoringConfig"]())
    assert parsed.prometheus_config.enable
    assert parsed.prometheus_config.path == METRICS_PATH == EMBEDDED_METRICS_PATH
