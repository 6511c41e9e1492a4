"""What is read from the graph; `tests/end_to_end/test_approval.py` follows a real run."""

import json

from pipeline.lineage.trace import _looks, _recipe
from pipeline.looks.ledger import JudgingImages, LookLedger
from tests.pipeline.metadata_store import Store


def test_floors_are_those_of_the_recipe_that_the_report_keeps(tmp_path):
    store = Store(tmp_path)
    config = json.dumps({"data": {"classes": ["a"]}, "source": "cafe"})
    store.node("one", "Trainer", {}, {"model": store.artifact("Model")}, custom_config=config)
    store.run("one")
    trainer = store.graph.run("one")["Trainer"]
    evaluation = store.graph.run("one")["Evaluator"].outputs["evaluation"][0]
    assert _recipe(store.graph, trainer, evaluation) == {"data": {"classes": ["a"]}}

    section = {"recall_floor": {"a": 0.85}, "floor_on": "point"}
    kept = json.dumps({"name": "chest", "evaluation": section})
    store.node("one", "RunReport", {"evaluation": evaluation}, {}, recipe=kept)
    found = _recipe(store.graph, trainer, evaluation)
    assert found == {"data": {"classes": ["a"]}, "evaluation": section}


def test_who_looked_is_asked_of_the_images_that_judged_the_model(tmp_path):
    ledger = LookLedger(str(tmp_path / "artifacts"))
    every = JudgingImages("every", 9, of_split=False, also="test")
    split = JudgingImages("test", 3, of_split=True, also="every")
    searched = JudgingImages("every", 9, of_split=False)
    ledger.add(searched, "a", recipe="chest", by="tune", run="1")
    ledger.add(split, "b", recipe="chest", by="run", run="2")
    ledger.add(every, "c", recipe="chest", by="run", run="3")
    evaluation = str(tmp_path / "artifacts" / "chest" / "Evaluator" / "evaluation" / "5")
    # A run that took nodes of others from the cache is still judged by its own images.
    assert [look.model for look in _looks(evaluation, {"2"})] == ["b", "c"]
    assert [look.model for look in _looks(evaluation, {"3"})] == ["a", "b", "c"]
    assert _looks(evaluation, {"4"}) == ()
