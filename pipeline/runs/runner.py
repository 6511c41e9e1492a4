"""Runs a compiled pipeline node by node on this machine, and reports each node.

TFX's LocalDagRunner reports nothing, and goes on after a node whose inputs could not be resolved.
The loop here reads the state of each execution from ML Metadata.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils, tfx_runner
from tfx.proto.orchestration import pipeline_pb2

from components.runtime.freed_memory import give_back_freed_memory
from components.storage.listed_once import listed_once
from pipeline.runs.records import NodeRecord

_State = metadata_store_pb2.Execution


@dataclass(frozen=True)
class NodeRun:
    """A node that has run.

    Attributes:
        record: its id, whether an earlier result was used, wall time.
        outputs: output key → artifacts as ML Metadata holds them.
        execution_id: of its execution in ML Metadata.
    """

    record: NodeRecord
    outputs: Mapping[str, list[metadata_store_pb2.Artifact]]
    execution_id: int


class RunListener(Protocol):
    """What a runner reports to."""

    def node_started(self, node: str, number: int, total: int) -> None:
        """A node starts."""

    def node_finished(self, run: NodeRecord) -> None:
        """A node has finished without an error."""


class NodeFailedError(Exception):
    """A node could not run; the cause is chained, or in the log."""

    def __init__(self, node: str):
        super().__init__(f"Node {node} failed.")
        self.node = node


class ProgressRunner(tfx_runner.IrBasedRunner):
    """A DAG runner that reports each node to a listener.

    Args:
        run_id: unique; the name of the pipeline run in ML Metadata.
        listener: of the nodes.
        connection: of ML Metadata, also of a server; None for the pipeline's own.
    """

    def __init__(self, run_id: str, listener: RunListener, connection: Any = None):
        self._run_id, self._listener, self._connection = run_id, listener, connection
        self.node_runs: list[NodeRun] = []

    def run_with_ir(self, pipeline: pipeline_pb2.Pipeline, run_options: Any = None) -> None:
        """Runs the nodes in topological order.

        Raises:
            NodeFailedError: a node failed; the nodes after it were not run.
        """
        del run_options
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: self._run_id}
        )
        connection = self._connection or _own_connection(pipeline)
        for number, node in enumerate(pipeline.nodes, start=1):
            node_id = node.pipeline_node.node_info.id
            self._listener.node_started(node_id, number, len(pipeline.nodes))
            run = launch_node(pipeline, node_id, connection)
            self.node_runs.append(run)
            give_back_freed_memory()
            self._listener.node_finished(run.record)


def _own_connection(pipeline: pipeline_pb2.Pipeline) -> Any:
    config = runner_utils.extract_local_deployment_config(pipeline).metadata_connection_config
    return getattr(config, config.WhichOneof("connection_config"))


def launch_node(
    pipeline: pipeline_pb2.Pipeline,
    node_id: str,
    connection: Any,
    operators: Mapping[Any, Any] | None = None,
) -> NodeRun:
    """Runs one node of a compiled pipeline with TFX's portable launcher.

    Args:
        pipeline: compiled, with the run id substituted.
        node_id: of the node; the nodes before it must have run.
        connection: config of the ML Metadata connection.
        operators: kind of executor → what executes a node, in place of TFX's own.

    Raises:
        NodeFailedError: the node failed, or its inputs could not be resolved.
    """
    start = time.monotonic()
    deployment = runner_utils.extract_local_deployment_config(pipeline)
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in pipeline.nodes}
    try:
        with listed_once():  # driver and executor of ImageExampleGen see the same files
            info = launcher.Launcher(
                pipeline_node=nodes[node_id],
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
                custom_executor_operators=dict(operators or {}),
            ).launch()
    except Exception as error:
        raise NodeFailedError(node_id) from error
    if info is None or info.execution_id is None:
        raise NodeFailedError(node_id)
    state, outputs = read_outcome(connection, info.execution_id)
    if state not in (_State.COMPLETE, _State.CACHED):
        raise NodeFailedError(node_id)
    cached = state == _State.CACHED
    record = NodeRecord(node_id, cached, time.monotonic() - start)
    return NodeRun(record, outputs, info.execution_id)


def read_outcome(connection: Any, execution_id: int) -> tuple[int, dict[str, list[Any]]]:
    """Returns the state of an execution and its outputs: key → artifacts."""
    with metadata.Metadata(connection) as handle:
        store = handle.store
        (execution,) = store.get_executions_by_id([execution_id])
        outputs: dict[str, list[Any]] = {}
        for event in store.get_events_by_execution_ids([execution_id]):
            if event.type in (
                metadata_store_pb2.Event.OUTPUT,
                metadata_store_pb2.Event.INTERNAL_OUTPUT,
            ):
                key = event.path.steps[0].key
                outputs.setdefault(key, []).extend(store.get_artifacts_by_id([event.artifact_id]))
        return execution.last_known_state, outputs
