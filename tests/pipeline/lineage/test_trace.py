"""What is drawn from the graph; `tests/end_to_end/test_approval.py` follows a real run."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from components.evaluator.eval_config import build_eval_config
from components.recipe.data import DataSection
from components.recipe.evaluation import EvaluationSection
from pipeline.home import Home
from pipeline.lineage.model import ClassGate, Lineage, Step
from pipeline.lineage.trace import _floors, trace
from pipeline.lineage.tree import again, lineage_tree
from pipeline.metadata.graph import LineageError
from serving.promotion.journal import Entry

NOTE = "the [old] one"


@pytest.fixture
def lineage():
    return Lineage(
        model="chest",
        version=17,
        state="served",
        destination="/srv/models/chest/17",
        pushed_at="2026-01-02T03:04:05+00:00",
        run="20260102-030000",
        pipeline="covid",
        tfx_version="1.21.0",
        data={
            "folder": "/data/my films",
            "fingerprint": "0123456789abcdef",
            "images_read": 30,
            "images_unreadable": 1,
            "splits": {"train": {"a": 10, "b": 11}, "test": {"a": 4, "b": 5}},
        },
        recipe={"training": {"epochs": 3, "schedule": None}},
        overrides=["training.epochs=3", "data.patient={from: each_file}"],
        gates=(ClassGate("a", 4, 0.75, 0.3, 0.25, "lower_bound"),),
        validation={"images_asked": 9, "images_compared": 6, "largest_difference": 2e-7},
        approvals=({"approved": True, "by": "Dr. Ruiz", "at": "2026-01-02", "note": NOTE},),
        promotions=(Entry("2026-01-03", "Dr. Ono", "promote", "stable", 9, 17),),
        steps=(Step("Trainer", "20260101-010000", "2026-01-01", "cafe", {}),),
        model_uri="/artifacts/model/6",
        examples_uri="/artifacts/examples/1",
        quarantine_uri="/artifacts/quarantine/1",
    )


def text_of(lineage):
    file = io.StringIO()
    Console(file=file, width=160).print(lineage_tree(lineage), highlight=False)
    return file.getvalue()


def test_the_tree_says_who_what_and_from_what(lineage):
    text = text_of(lineage)
    for line in (
        "chest/17: served",
        f"approved 2026-01-02 by Dr. Ruiz ({NOTE})",
        "promote stable 2026-01-03 by Dr. Ono: 9 to 17",
        "a: recall 0.75 of 4, lower bound 0.30, floor 0.25 for the lower bound",
        "9 test images asked, 6 compared with training, largest difference 2.0e-07",
        "images /data/my films, data 0123456789ab: 30 read, 1 unreadable",
        "train 21: 10 a, 11 b",
        "training: epochs 3, schedule -",
        "20260101-010000  cafe",
    ):
        assert line in text


def test_the_command_can_be_pasted(lineage):
    assert lineage.command == (
        "medtfx run covid --data '/data/my films' --set training.epochs=3 "
        "--set 'data.patient={from: each_file}'"
    )
    assert again(lineage).endswith(lineage.command)
    assert "not known any more" in again(replace(lineage, overrides=None))


def test_what_is_gone_is_said(lineage):
    text = text_of(replace(lineage, gates=(), validation={}, state="deleted"))
    assert "no longer in /srv/models/chest/17" in text
    assert "the evaluation is gone" in text
    assert "not served before it was pushed, or the result is gone" in text


@pytest.mark.parametrize("floor_on", ["point", "lower_bound"])
def test_the_floors_are_those_of_the_recipe(floor_on):
    from google.protobuf import json_format

    data = DataSection.model_validate({"classes": ["a", "b"], "patient": {"from": "each_file"}})
    floors = {"a": 0.85, "b": 0.7}
    evaluation = EvaluationSection.model_validate({"recall_floor": floors, "floor_on": floor_on})
    config = json_format.MessageToDict(
        build_eval_config(data, evaluation), preserving_proto_field_name=True
    )
    assert _floors(config) == {0: (0.85, floor_on), 1: (0.7, floor_on)}


def test_a_home_in_which_nothing_has_run(tmp_path):
    with pytest.raises(LineageError, match=r"Nothing has run in .*--home"):
        trace(Home(tmp_path), "17")
