"""What a server says about a model: the state of its versions, and their signatures."""

from dataclasses import dataclass
from typing import Any

from serving.protocol.tensorflow_free import get_model_metadata_pb2, get_model_status_pb2
from serving.protocol.tensors import type_name


@dataclass(frozen=True)
class VersionStatus:
    """The state of one version of a model.

    Attributes:
        version: its number.
        state: START, LOADING, AVAILABLE, UNLOADING or END.
        error: why it is not available, or ''.
    """

    version: int
    state: str
    error: str


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a signature, each as 'dtype[shape]': 'string[?]', 'float[?,4]'."""

    inputs: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class Metadata:
    """What a version of a model takes and gives, by signature."""

    model: str
    version: int
    signatures: dict[str, Signature]


def read_status(response: Any) -> list[VersionStatus]:
    """Reads a GetModelStatusResponse, the newest version first."""
    name = get_model_status_pb2.ModelVersionStatus.State.Name
    states = [
        VersionStatus(found.version, name(found.state), found.status.error_message)
        for found in response.model_version_status
    ]
    return sorted(states, key=lambda state: state.version, reverse=True)


def read_metadata(response: Any) -> Metadata:
    """Reads a GetModelMetadataResponse that holds the signatures."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    return Metadata(
        response.model_spec.name,
        response.model_spec.version.value,
        {name: _signature(found) for name, found in signatures.signature_def.items()},
    )


def _signature(found: Any) -> Signature:
    return Signature(
        {name: _tensor(info) for name, info in sorted(found.inputs.items())},
        {name: _tensor(info) for name, info in sorted(found.outputs.items())},
    )


def _tensor(info: Any) -> str:
    if info.tensor_shape.unknown_rank:
        return f"{type_name(info.dtype)}[...]"
    sizes = ["?" if dim.size < 0 else str(dim.size) for dim in info.tensor_shape.dim]
    return f"{type_name(info.dtype)}[{','.join(sizes)}]"
