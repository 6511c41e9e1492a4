"""The names under which KFP's page lists what TFX writes to ML Metadata.

Its lists of executions and artifacts show the custom properties `display_name` and `pipeline_name`,
and `[unknown]` without them (frontend/src/mlmd in kubeflow/pipelines). TFX sets neither.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun

DISPLAY_NAME, PIPELINE_NAME = "display_name", "pipeline_name"


def name_outcome(store: Any, run: "NodeRun", pipeline_name: str) -> None:
    """Names the execution of a node, and the artifacts that it wrote.

    Artifacts that have a name keep it: those that came from the cache.

    Args:
        store: a `MetadataStore` of ML Metadata.
        run: the node's.
        pipeline_name: in ML Metadata.
    """
    node = run.record.node
    (execution,) = store.get_executions_by_id([run.execution_id])
    _name(execution, node, pipeline_name)
    store.put_executions([execution])
    written = [(key, artifact) for key, found in run.outputs.items() for artifact in found]
    unnamed = [item for item in written if DISPLAY_NAME not in item[1].custom_properties]
    for key, artifact in unnamed:
        _name(artifact, f"{node} {key}", pipeline_name)
    if unnamed:
        store.put_artifacts([artifact for _, artifact in unnamed])


def _name(item: Any, name: str, pipeline_name: str) -> None:
    item.custom_properties[DISPLAY_NAME].string_value = name
    item.custom_properties[PIPELINE_NAME].string_value = pipeline_name
