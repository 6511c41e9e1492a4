import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.runtime.environment import ML_METADATA
from kubeflow.client.recorded import recorded_results
from kubeflow.node.publish import publish
from kubeflow.results import Result
from pipeline.metadata import connection as metadata_store


@pytest.fixture
def address(tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path}/metadata.sqlite"
    monkeypatch.setenv(ML_METADATA.name, address)
    return address


def record(address, run_id, **results):
    """Records the results of a node, as the nodes do."""
    import ml_metadata

    store = ml_metadata.MetadataStore(metadata_store.connection(address))
    kind = store.put_execution_type(mlmd.ExecutionType(name="node"))
    run_kind = store.put_context_type(mlmd.ContextType(name="pipeline_run"))
    context = mlmd.Context(type_id=run_kind, name=run_id)
    execution = mlmd.Execution(type_id=kind)
    number, _, _ = store.put_execution(
        execution, [], [context], reuse_context_if_already_exist=True
    )
    publish(store, number, {Result[name.upper()]: text for name, text in results.items()})


def test_what_nodes_published_is_read_back_of_their_run_alone(address):
    record(address, "run-1", verdict="NOT blessed: first.", worst_class="COVID, recall 0.60")
    record(address, "run-1", verdict="NOT blessed: at last.", outcome="not pushed")
    record(address, "run-2", verdict="Blessed: other.")
    assert recorded_results("run-1") == {
        Result.VERDICT: "NOT blessed: at last.",
        Result.WORST_CLASS: "COVID, recall 0.60",
        Result.OUTCOME: "not pushed",
    }
    assert recorded_results("run-3") == {}
