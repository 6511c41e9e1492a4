"""A real store of ML Metadata, in memory or in a home, filled as the nodes of runs fill it."""

import itertools
import json

import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata.graph import MetadataGraph

DESTINATION = json.dumps({"filesystem": {"base_directory": "/models/chest"}})


class Store:
    """Writes what the nodes of runs of the pipeline `chest` leave behind."""

    def __init__(self, folder, config=None):
        if config is None:
            config = mlmd.ConnectionConfig()
            config.fake_database.SetInParent()
        self.store = ml_metadata.MetadataStore(config)
        self.graph = MetadataGraph(self.store)
        self._folder, self._numbers = folder, itertools.count()
        self._contexts = {}

    def artifact(self, type_name, **properties):
        kind = self.store.put_artifact_type(mlmd.ArtifactType(name=type_name))
        artifact = mlmd.Artifact(type_id=kind, uri=str(self._folder / str(next(self._numbers))))
        for name, value in properties.items():
            if isinstance(value, int):
                artifact.custom_properties[name].int_value = value
            else:
                artifact.custom_properties[name].string_value = value
        (artifact.id,) = self.store.put_artifacts([artifact])
        return artifact

    def node(self, run, name, inputs, outputs, **properties):
        """An execution that read and wrote artifacts; returns its id."""
        kind = self.store.put_execution_type(mlmd.ExecutionType(name=name))
        execution = mlmd.Execution(type_id=kind, last_known_state=mlmd.Execution.COMPLETE)
        for key, value in properties.items():
            execution.custom_properties[key].string_value = value
        sides = ((mlmd.Event.INPUT, inputs), (mlmd.Event.OUTPUT, outputs))
        pairs = []
        for side, artifacts in sides:
            for key, artifact in artifacts.items():
                event = mlmd.Event(artifact_id=artifact.id, type=side)
                event.path.steps.add().key = key
                pairs.append((artifact, event))
        contexts = [
            self._context(kind, name)
            for kind, name in (
                ("pipeline", "chest"), ("pipeline_run", run), ("node", f"chest.{name}")
            )
        ]  # fmt: skip
        number, _, _ = self.store.put_execution(execution, pairs, contexts)
        return number

    def run(self, run, gate=1, served=1, pushed=None, up_to="Pusher"):
        """A run to its end; returns its InfraBlessing."""
        model = self.artifact("Model")
        images = self.artifact("Quarantine", data_fingerprint="f00d")
        self.node(run, "ImageExampleGen", {}, {"quarantine": images})
        if up_to == "ImageExampleGen":
            return None
        blessing = self.artifact("ModelBlessing", blessed=gate)
        evaluation = self.artifact("ModelEvaluation")
        self.node(
            run, "Evaluator", {"model": model}, {"blessing": blessing, "evaluation": evaluation}
        )
        reason = "" if served else "it has no signature"
        infra = self.artifact("InfraBlessing", blessed=served, reason=reason, model_id=model.id)
        said = {"model_name": "chest", "classes": '["a", "b"]'}
        self.node(run, "ServingValidator", {"model": model}, {"blessing": infra}, **said)
        pushed_model = self.artifact("PushedModel", pushed=0)
        if pushed is not None:
            pushed_model = self.artifact("PushedModel", pushed=1, pushed_version=str(pushed))
        self.node(
            run, "Pusher", {"model_blessing": blessing, "infra_blessing": infra},
            {"pushed_model": pushed_model}, push_destination=DESTINATION,
        )  # fmt: skip
        saved = self._folder / infra.uri / "stamped_model"
        saved.mkdir(parents=True)
        (saved / "saved_model.pb").touch()
        return infra

    def decision(self, infra, approved):
        said = {"by": "Dr. Ruiz", "note": "shortcut", "at": "2026-01-02T03:04:05+00:00"}
        return self.artifact("Approval", infra_blessing_id=infra.id, approved=int(approved), **said)

    def _context(self, kind, name):
        if (kind, name) not in self._contexts:
            number = self.store.put_context_type(mlmd.ContextType(name=kind))
            context = mlmd.Context(type_id=number, name=name)
            (context.id,) = self.store.put_contexts([context])
            self._contexts[kind, name] = context
        return self._contexts[kind, name]
