"""The executions of a run, in ML Metadata on disk."""

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx.proto.orchestration import pipeline_pb2

from kubeflow.errors import KubeflowError
from kubeflow.node.finished_nodes import finished_nodes
from pipeline.metadata.connection import connection

NODES = ("Transform", "Trainer")


@pytest.fixture
def config(tmp_path):
    return connection(f"sqlite:///{tmp_path}/metadata.sqlite")


@pytest.fixture
def pipeline():
    """Two nodes of a run, as TFX's compiler describes them."""
    made = pipeline_pb2.Pipeline()
    for name in NODES:
        node = made.nodes.add().pipeline_node
        node.node_info.id = name
        for kind, value in (("pipeline_run", "run-1"), ("node", name)):
            context = node.contexts.contexts.add()
            context.type.name, context.name.field_value.string_value = kind, value
    return made


def record(config, node, *states):
    """Stores an execution of a node in the run for each state."""
    store = ml_metadata.MetadataStore(config)
    contexts = [
        mlmd.Context(type_id=store.put_context_type(mlmd.ContextType(name=kind)), name=name)
        for kind, name in (("pipeline_run", "run-1"), ("node", node))
    ]
    type_id = store.put_execution_type(mlmd.ExecutionType(name=node))
    for state in states:
        execution = mlmd.Execution(type_id=type_id, last_known_state=state)
        store.put_execution(execution, [], contexts, reuse_context_if_already_exist=True)


def test_the_last_successful_execution_of_each_node_counts(config, pipeline):
    record(config, "Transform", mlmd.Execution.CACHED)
    record(config, "Trainer", mlmd.Execution.FAILED, mlmd.Execution.COMPLETE)
    found = finished_nodes(pipeline, config)
    assert [(run.record.node, run.record.cached) for run in found] == [
        ("Transform", True),
        ("Trainer", False),
    ]
    assert [run.execution_id for run in found] == [1, 3]


def test_a_node_without_success_is_an_error(config, pipeline):
    record(config, "Transform", mlmd.Execution.COMPLETE)
    record(config, "Trainer", mlmd.Execution.FAILED)
    with pytest.raises(KubeflowError, match="no finished execution of Trainer"):
        finished_nodes(pipeline, config)
