from dataclasses import replace

import pytest

from components.approval.decision import Decision
from pipeline.approval.decide import find_candidate
from pipeline.dag.decision import build_decision
from tests.pipeline.metadata_store import Store

DECISION = Decision(
    approved=True, by="Dr. Ruiz", note="", at="2026-01-02T03:04:05+00:00", run="one",
    data_fingerprint="f00d", classes=("a", "b"),
)  # fmt: skip


@pytest.fixture
def candidate(tmp_path):
    store = Store(tmp_path)
    store.run("one")
    return find_candidate(store.graph, "one")


def test_only_an_approved_model_is_pushed(candidate):
    approved = build_decision(candidate, DECISION, None)
    assert [node.id for node in approved.components] == ["Chosen", "RecordDecision", "Pusher"]
    assert approved.pipeline_info.pipeline_name == "chest"
    rejected = build_decision(candidate, replace(DECISION, approved=False), None)
    assert [node.id for node in rejected.components] == ["Chosen", "RecordDecision"]
