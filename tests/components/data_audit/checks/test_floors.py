from components.data_audit.checks.floors import unreachable_floors
from components.recipe.evaluation import EvaluationSection


def test_a_floor_above_what_the_test_split_can_show(clean):
    found = unreachable_floors(clean, EvaluationSection(recall_floor=0.95))
    assert len(found.cases) == 3
    assert "no model can pass the gate: COVID has " in found.sentence


def test_low_floors_are_within_reach(clean):
    assert not unreachable_floors(clean, EvaluationSection(recall_floor=0.001)).cases


def test_images_of_other_splits_do_not_count(clean):
    training = [picture for picture in clean if picture.split != "test"]
    found = unreachable_floors(training, EvaluationSection(recall_floor=0.001))
    assert found.cases[0].reason == "COVID has no test image"
