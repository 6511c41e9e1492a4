"""Reads the graph in ML Metadata: nodes that ran, and the artifacts they read and wrote."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from components.runtime.errors import MedtfxError
from pipeline.home import Home

_COMPLETE = 3  # of metadata_store_pb2.Execution.State
# Of metadata_store_pb2.Event.Type; the artifacts that a resolver found have other types.
_INPUT, _OUTPUT = 3, 4


class LineageError(MedtfxError):
    """ML Metadata does not know the run, version or image."""


@dataclass(frozen=True)
class NodeExecution:
    """A node that ran, or was taken from the cache.

    Attributes:
        id: in ML Metadata.
        node: its id in the pipeline.
        pipeline: name of the pipeline.
        run: id of the pipeline run.
        cached: whether an earlier result was used.
        at: time of its start, in UTC, ISO 8601.
        properties: name → text, number or None.
        inputs: key → artifacts that it read; without those that a resolver found.
        outputs: key → artifacts that it wrote.
    """

    id: int
    node: str
    pipeline: str
    run: str
    cached: bool
    at: str
    properties: dict[str, Any] = field(repr=False)
    inputs: dict[str, list[Any]] = field(repr=False)
    outputs: dict[str, list[Any]] = field(repr=False)


class MetadataGraph:
    """Reads ML Metadata.

    Args:
        store: a `MetadataStore` of ML Metadata.
    """

    def __init__(self, store: Any) -> None:
        self._store = store

    @classmethod
    def of_home(cls, home: Home) -> "MetadataGraph":
        """Opens the store of a home, for reading.

        Raises:
            LineageError: nothing has run in this home.
        """
        if not home.metadata_file.is_file():
            raise LineageError(
                f"Nothing has run in {home.root}: it has no metadata.sqlite. Name the home of the "
                "runs with --home or $MEDTFX_HOME."
            )
        import ml_metadata
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(home.metadata_file)
        config.sqlite.connection_mode = config.sqlite.READONLY
        return cls(ml_metadata.MetadataStore(config))

    @classmethod
    def at(cls, connection: Any) -> "MetadataGraph":
        """Opens a store by the configuration of ML Metadata's client.

        Raises:
            LineageError: it can't be reached.
        """
        import ml_metadata

        try:
            graph = cls(ml_metadata.MetadataStore(connection))
            graph.artifacts("Model")
        except ml_metadata.errors.StatusError as error:
            raise LineageError(
                f"ML Metadata can't be read: {error}. Check its address, and that this machine can "
                "reach it."
            ) from error
        return graph

    def run(self, run_id: str) -> dict[str, NodeExecution]:
        """Returns node → its execution in a run; {} for an unknown run."""
        for context in self._store.get_contexts_by_type("pipeline_run"):
            if context.name == run_id:
                found = self._store.get_executions_by_context(context.id)
                described = self._describe(sorted(found, key=lambda one: int(one.id)))
                return {execution.node: execution for execution in described}
        return {}

    def artifacts(self, type_name: str) -> list[Any]:
        """Returns all artifacts of a type, the oldest first."""
        return sorted(self._store.get_artifacts_by_type(type_name), key=lambda one: int(one.id))

    def pipeline_of(self, artifact: Any) -> str:
        """Returns the name of the pipeline that made an artifact."""
        contexts = self._store.get_contexts_by_artifact(artifact.id)
        return next((context.name for context in contexts if context.type == "pipeline"), "")

    def producer(self, artifact: Any) -> NodeExecution | None:
        """Returns the node that wrote an artifact, never one that took it from the cache."""
        events = self._store.get_events_by_artifact_ids([artifact.id])
        ids = sorted(event.execution_id for event in events if event.type == _OUTPUT)
        found = self._store.get_executions_by_id(ids) if ids else []
        wrote = [one for one in found if one.last_known_state == _COMPLETE]
        return self._describe(wrote[:1])[0] if wrote else None

    def readers(self, artifact: Any) -> list[NodeExecution]:
        """Returns the nodes that read an artifact, the earliest first."""
        events = self._store.get_events_by_artifact_ids([artifact.id])
        ids = sorted({event.execution_id for event in events if event.type == _INPUT})
        return self._describe(self._store.get_executions_by_id(ids) if ids else [])

    def inputs_of(self, execution_id: int) -> dict[str, list[Any]]:
        """Returns key → artifacts that a node read; without those that a resolver found."""
        return self._read_and_wrote(execution_id)["inputs"]

    def ancestry(self, artifact: Any, without: Iterable[str] = ()) -> list[NodeExecution]:
        """Returns the nodes that an artifact depends on, in the order in which they ran.

        Args:
            artifact: to start from.
            without: keys of inputs that are not followed.
        """
        found: dict[int, NodeExecution] = {}
        seen: set[int] = set()
        waiting = [artifact]
        while waiting:
            current = waiting.pop()
            if current.id in seen:
                continue
            seen.add(current.id)
            execution = self.producer(current)
            if execution is not None and execution.id not in found:
                found[execution.id] = execution
                for key, artifacts in execution.inputs.items():
                    waiting += [] if key in without else artifacts
        return [found[number] for number in sorted(found)]

    def _describe(self, executions: list[Any]) -> list[NodeExecution]:
        return [self._described(execution) for execution in executions]

    def _described(self, execution: Any) -> NodeExecution:
        names = {
            context.type: context.name
            for context in self._store.get_contexts_by_execution(execution.id)
        }
        pipeline = names.get("pipeline", "")
        return NodeExecution(
            id=execution.id,
            node=names.get("node", execution.type).removeprefix(f"{pipeline}."),
            pipeline=pipeline,
            run=names.get("pipeline_run", ""),
            cached=execution.last_known_state != _COMPLETE,
            at=utc(execution.create_time_since_epoch),
            properties={name: plain(value) for name, value in execution.custom_properties.items()},
            **self._read_and_wrote(execution.id),
        )

    def _read_and_wrote(self, execution_id: int) -> dict[str, dict[str, list[Any]]]:
        found: dict[str, dict[str, list[Any]]] = {"inputs": {}, "outputs": {}}
        for event in self._store.get_events_by_execution_ids([execution_id]):
            if event.type in (_INPUT, _OUTPUT):
                side = found["inputs" if event.type == _INPUT else "outputs"]
                (artifact,) = self._store.get_artifacts_by_id([event.artifact_id])
                side.setdefault(event.path.steps[0].key, []).append(artifact)
        return found


def utc(milliseconds: int) -> str:
    """Returns a time of ML Metadata in UTC, ISO 8601, to the second."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat(timespec="seconds")


def plain(value: Any) -> Any:
    """Returns a property of ML Metadata as a Python value."""
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in ("string_value", "int_value", "double_value") else None


def property_of(artifact: Any, name: str) -> Any:
    """Returns a property of an artifact, declared or custom; None if it has none of the name."""
    for properties in (artifact.properties, artifact.custom_properties):
        if name in properties:
            return plain(properties[name])
    return None
