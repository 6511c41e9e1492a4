"""Who may decide about what: on a real store of ML Metadata, filled by hand."""

import pytest

from pipeline.approval.decide import ApprovalError, check, find_candidate, latest_decision
from tests.pipeline.metadata_store import DESTINATION, Store


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
        ({"gate": 0, "served": 0}, "failed the recall gate"),
        ({"served": 0}, "ServingValidator refused the model of run one: it has no signature"),
        ({"pushed": 17}, "has already been pushed as version 17 of chest"),
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
