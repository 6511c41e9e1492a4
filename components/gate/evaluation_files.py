"""The files of the Evaluator, read as messages of TFMA without TFMA itself.

TFMA's own readers load TensorFlow and Beam. The messages alone need neither, in a process where the
package can be imported without its contents (`kubeflow.node.light_process`).
"""

import struct
from collections.abc import Iterator
from typing import Any

from components.storage import files

# Around each record of a TFRecord file: its length, a checksum of that; a checksum of the record.
_HEADER, _FOOTER = 12, 4
_CANDIDATE = ("", "candidate")


def read_validation(uri: str) -> Any:
    """Returns the `ValidationResult` below the Evaluator's output `evaluation`."""
    _, validation_result_pb2 = _messages()
    (record,) = _records(uri, "validations")
    return validation_result_pb2.ValidationResult.FromString(record)


def read_slices(uri: str) -> Iterator[Any]:
    """Yields the `MetricsForSlice` below the Evaluator's output `evaluation`."""
    metrics_for_slice_pb2, _ = _messages()
    for record in _records(uri, "metrics"):
        yield metrics_for_slice_pb2.MetricsForSlice.FromString(record)


def _messages() -> tuple[Any, Any]:
    """Imports the messages, and before them those that they need: TFMA 0.52 does not do it."""
    from google.protobuf import wrappers_pb2  # noqa: F401
    from tensorflow_model_analysis.proto import (
        config_pb2,  # noqa: F401
        metrics_for_slice_pb2,
        validation_result_pb2,
    )

    return metrics_for_slice_pb2, validation_result_pb2


def metric(of_slice: Any, name: str, class_id: int | None = None) -> Any:
    """Returns the `MetricValue` of the candidate's metric in a slice; None if it has none.

    Args:
        of_slice: a `MetricsForSlice`.
        name: of the metric.
        class_id: of a metric that is measured for each class.
    """
    for item in of_slice.metric_keys_and_values:
        key, sub = item.key, item.key.sub_key
        if (
            key.name != name
            or key.is_diff
            or key.model_name not in _CANDIDATE
            or sub.HasField("top_k")
        ):
            continue
        if (sub.class_id.value if sub.HasField("class_id") else None) == class_id:
            return item.value
    return None


def slice_of(key: Any) -> tuple[tuple[str, str], ...]:
    """Returns a `SliceKey` as (column, value) pairs; () for the whole split."""
    return tuple((part.column, _value(part)) for part in key.single_slice_keys if part.column)


def _value(part: Any) -> str:
    kind = part.WhichOneof("kind")
    value = getattr(part, kind)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _records(uri: str, prefix: str) -> Iterator[bytes]:
    """Yields the records of all files of this kind; none is compressed."""
    for file in files.walk(uri):
        if file.relative.startswith(prefix):
            content = files.read_bytes(uri, file.relative)
            start = 0
            while start < len(content):
                (size,) = struct.unpack_from("<Q", content, start)
                start += _HEADER
                yield content[start : start + size]
                start += size + _FOOTER
