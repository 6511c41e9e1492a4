from serving.protocol.model_metadata import VersionStatus, read_metadata, read_status
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    types_pb2,
)


def test_versions_come_newest_first():
    response = get_model_status_pb2.GetModelStatusResponse()
    response.model_version_status.add(version=3, state=30)
    broken = response.model_version_status.add(version=12, state=20)
    broken.status.error_message = "half copied"
    assert read_status(response) == [
        VersionStatus(12, "LOADING", "half copied"),
        VersionStatus(3, "AVAILABLE", ""),
    ]


def test_signatures_are_types_and_shapes():
    signatures = get_model_metadata_pb2.SignatureDefMap()
    found = signatures.signature_def["serving_default"]
    found.inputs["image_bytes"].dtype = types_pb2.DT_STRING
    found.inputs["image_bytes"].tensor_shape.dim.add(size=-1)
    found.outputs["probabilities"].dtype = types_pb2.DT_FLOAT
    for size in (-1, 4):
        found.outputs["probabilities"].tensor_shape.dim.add(size=size)
    found.outputs["heatmap"].tensor_shape.unknown_rank = True
    found.outputs["heatmap"].dtype = types_pb2.DT_FLOAT
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name, response.model_spec.version.value = "m", 5
    response.metadata["signature_def"].Pack(signatures)
    read = read_metadata(response)
    assert (read.model, read.version) == ("m", 5)
    signature = read.signatures["serving_default"]
    assert signature.inputs == {"image_bytes": "string[?]"}
    assert signature.outputs == {"heatmap": "float[...]", "probabilities": "float[?,4]"}
