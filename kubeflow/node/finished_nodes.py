"""How the nodes of a run went, according to ML Metadata."""

from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import context_lib, execution_lib
from tfx.proto.orchestration import pipeline_pb2

from kubeflow.errors import KubeflowError
from pipeline.runs.records import NodeRecord
from pipeline.runs.runner import NodeRun, read_outcome

_State = metadata_store_pb2.Execution


def finished_nodes(pipeline: pipeline_pb2.Pipeline, connection: Any) -> list[NodeRun]:
    """Returns how each node of the run went; each must have been executed.

    Args:
        pipeline: compiled, with the run id substituted.
        connection: configuration of ML Metadata.

    Raises:
        KubeflowError: ML Metadata has no successful execution of a node.
    """
    return [_finished_node(node.pipeline_node, connection) for node in pipeline.nodes]


def _finished_node(node: pipeline_pb2.PipelineNode, connection: Any) -> NodeRun:
    name = node.node_info.id
    with metadata.Metadata(connection) as handle:
        contexts = context_lib.prepare_contexts(handle, node.contexts)
        found = execution_lib.get_executions_associated_with_all_contexts(handle, contexts)
    done = [run for run in found if run.last_known_state in (_State.COMPLETE, _State.CACHED)]
    if not done:
        raise KubeflowError(
            f"ML Metadata has no finished execution of {name} in this run. All nodes of a run "
            "must use the same ML Metadata."
        )
    execution = done[-1]
    state, outputs = read_outcome(connection, execution.id)
    milliseconds = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    record = NodeRecord(name, state == _State.CACHED, milliseconds / 1000)
    return NodeRun(record, outputs, execution.id)
