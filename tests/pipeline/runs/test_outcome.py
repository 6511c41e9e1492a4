"""How an approval is read; the end-to-end tests make records of whole runs."""

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.gate.serving_blessing import REASON
from pipeline.recipes.loader import load_recipe
from pipeline.runs.outcome import _after_the_gate, rejection_clause

RECIPE = load_recipe("quickstart", ["serving.approval=required"])


def outputs(refusal="", approved=None):
    blessing = mlmd.Artifact()
    blessing.custom_properties[REASON].string_value = refusal
    found = {"ServingValidator": {"blessing": [blessing]}, "Approval": {}}
    if approved is not None:
        decision = mlmd.Artifact()
        decision.properties["approved"].int_value = int(approved)
        said = {"by": "Dr. Ruiz", "at": "2026-01-02T03:04:05+00:00", "note": "shortcut."}
        for name, text in said.items():
            decision.properties[name].string_value = text
        found["Approval"]["approval"] = [decision]
    return found


@pytest.mark.parametrize(
    ("found", "refused", "approval"),
    [
        (outputs(), "", "waiting"),
        (outputs(approved=True), "", "approved"),
        (outputs(approved=False), "Dr. Ruiz rejected it on 2026-01-02: shortcut", "rejected"),
        (outputs(refusal="no signature", approved=True), "no signature", ""),
    ],
)
def test_an_approval_is_asked_for_only_where_the_model_was_validated(found, refused, approval):
    assert _after_the_gate(RECIPE, found) == (refused, approval)


@pytest.mark.parametrize("refusal", ["", "no signature"])
def test_a_recipe_without_approval_asks_for_none(refusal):
    assert _after_the_gate(load_recipe("quickstart"), outputs(refusal)) == (refusal, "")


def test_a_rejection_has_no_full_stop():
    assert rejection_clause("A", "2026-01-02T00", "x.") == "A rejected it on 2026-01-02: x"
