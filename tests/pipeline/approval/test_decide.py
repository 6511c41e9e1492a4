"""Who may decide about what: on a real store of ML Metadata, filled by hand."""

import itertools
import json

import ml_metadata
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.approval.decide import ApprovalError, check, decide, find_candidate, latest_decision
from pipeline.home import Home
from pipeline.metadata.graph import LineageError, MetadataGraph

DESTINATION = json.dumps({"filesystem": {"base_directory": "/models/chest"}})


class Store:
    """Writes what the nodes of runs of the pipeline `chest` leave behind."""

    def __init__(self, folder):
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
        self.store.put_execution(execution, pairs, contexts)

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


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def refusal(store, run, approved=True, force=False):
    with pytest.raises(ApprovalError) as caught:
        check(store.graph, find_candidate(store.graph, run), approved, force)
    return str(caught.value)


def test_what_a_run_left_for_a_decision(store):
    infra = store.run("one")
    found = find_candidate(store.graph, "one")
    assert (found.run, found.pipeline, found.model) == ("one", "chest", "chest")
    assert (found.classes, found.data_fingerprint) == (("a", "b"), "f00d")
    assert (found.infra_blessing.id, found.version) == (infra.id, None)
    assert found.push_destination == DESTINATION
    check(store.graph, found, True, False)
    check(store.graph, found, False, False)


def test_a_run_that_is_unknown_or_ended_too_early(store):
    store.run("short", up_to="ImageExampleGen")
    with pytest.raises(ApprovalError, match="No run 'two' is known"):
        find_candidate(store.graph, "two")
    with pytest.raises(ApprovalError, match="'short' has no validated model"):
        find_candidate(store.graph, "short")


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gate": 0, "served": 0}, "is not blessed"),
        ({"served": 0}, "refused when served: it has no signature"),
        ({"pushed": 17}, "has been pushed as version 17 of chest already"),
    ],
)
def test_there_is_nothing_to_decide_and_force_does_not_help(store, approved, changes, words):
    store.run("one", **changes)
    assert words in refusal(store, "one", approved, force=True)


def test_an_older_model_is_approved_by_force_alone(store):
    store.run("one")
    newest = store.run("two")
    assert "Run two has validated a newer model" in refusal(store, "one")
    check(store.graph, find_candidate(store.graph, "two"), True, False)
    check(store.graph, find_candidate(store.graph, "one"), True, True)
    check(store.graph, find_candidate(store.graph, "one"), False, False)
    store.decision(newest, approved=False)  # what was rejected stands in nobody's way
    check(store.graph, find_candidate(store.graph, "one"), True, False)


@pytest.mark.parametrize("changes", [{"gate": 0, "served": 0}, {"served": 0}])
def test_a_newer_model_that_did_not_pass_stands_in_nobodys_way(store, changes):
    store.run("one")
    store.run("two", **changes)
    check(store.graph, find_candidate(store.graph, "one"), True, False)


def test_a_rejection_is_taken_back_by_force_alone(store):
    infra = store.run("one")
    store.decision(infra, approved=False)
    words = refusal(store, "one")
    assert "Dr. Ruiz rejected the model of run one on 2026-01-02: shortcut." in words
    check(store.graph, find_candidate(store.graph, "one"), True, True)
    latest = store.decision(infra, approved=True)
    assert latest_decision(store.graph, infra).id == latest.id
    check(store.graph, find_candidate(store.graph, "one"), True, False)


def test_a_model_whose_files_are_gone(store, tmp_path):
    infra = store.run("one")
    (tmp_path / infra.uri / "stamped_model" / "saved_model.pb").unlink()
    assert "is gone" in refusal(store, "one", force=True)


@pytest.mark.parametrize("by", ["", "  "])
def test_somebody_answers_for_a_decision(tmp_path, by):
    with pytest.raises(ApprovalError, match="Received an empty name"):
        decide(Home(tmp_path), "one", True, by, "", False, None)


def test_a_home_in_which_nothing_has_run_stays_untouched(tmp_path):
    with pytest.raises(LineageError, match="Nothing has run in"):
        decide(Home(tmp_path / "home"), "one", True, "me", "", False, None)
    assert not (tmp_path / "home").exists()
