"""What a node reports of the run: in its log, where a client reads it, and in ML Metadata."""

from collections.abc import Mapping
from typing import Any

from kubeflow.node.task import log
from kubeflow.results import Result, result_line


def publish(store: Any, execution_id: int, results: Mapping[Result, str]) -> None:
    """Logs results, and records them with the execution of the node.

    Args:
        store: a `MetadataStore` of ML Metadata.
        execution_id: of the node.
        results: what is known; a text may be empty.
    """
    (execution,) = store.get_executions_by_id([execution_id])
    for result, text in results.items():
        if text:
            log.info("%s", result_line(result, text))
            execution.custom_properties[result.property_name].string_value = text
    store.put_executions([execution])
