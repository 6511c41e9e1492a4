"""ML Metadata in memory, with a node that has run."""

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.runs.records import NodeRecord
from pipeline.runs.runner import NodeRun


class Store:
    """A store, and executions in it."""

    def __init__(self) -> None:
        config = mlmd.ConnectionConfig()
        config.fake_database.SetInParent()
        self.store = ml_metadata.MetadataStore(config)

    def artifact(self, kind: str, **properties: object) -> mlmd.Artifact:
        """Stores an artifact with custom properties."""
        type_id = self.store.put_artifact_type(mlmd.ArtifactType(name=kind))
        artifact = mlmd.Artifact(type_id=type_id, uri=f"/{kind}")
        for name, value in properties.items():
            field = "int_value" if isinstance(value, int) else "string_value"
            setattr(artifact.custom_properties[name], field, value)
        (artifact.id,) = self.store.put_artifacts([artifact])
        return artifact

    def run(self, node: str, inputs: dict, outputs: dict) -> NodeRun:
        """Stores an execution that read and wrote artifacts."""
        type_id = self.store.put_execution_type(mlmd.ExecutionType(name=node))
        execution = mlmd.Execution(type_id=type_id, last_known_state=mlmd.Execution.COMPLETE)
        (execution_id,) = self.store.put_executions([execution])
        kinds = ((mlmd.Event.INPUT, inputs), (mlmd.Event.OUTPUT, outputs))
        for kind, artifacts in kinds:
            for key, artifact in artifacts.items():
                event = mlmd.Event(type=kind, artifact_id=artifact.id, execution_id=execution_id)
                event.path.steps.add().key = key
                self.store.put_events([event])
        record = NodeRecord(node, cached=False, seconds=1.0)
        return NodeRun(record, {key: [one] for key, one in outputs.items()}, execution_id)


@pytest.fixture
def metadata() -> Store:
    return Store()
