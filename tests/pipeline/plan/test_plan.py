import re

import pytest
from rich.console import Console

from components.image_example_gen.listing.listing import Entry, Listing
from components.runtime.errors import DataError
from pipeline.plan.plan import (
    UnreachableFloorError,
    check_floors,
    joint_power,
    plan,
    print_plan,
    remarks,
)
from pipeline.recipes.loader import load_recipe


def listing(**patients: int) -> Listing:
    entries = [
        Entry(f"{label}/{number}.png", label, f"{label}{number}", split)
        for label, count in patients.items()
        for number in range(count)
        for split in ("train", "test")
    ]
    return Listing(tuple(entries), (), "")


@pytest.fixture
def recipe():
    return load_recipe("quickstart", ["evaluation.expected_recall=0.9"])


def test_a_class_without_enough_test_images_is_refused_with_the_choices(recipe):
    found = plan(recipe, listing(COVID=4, NORMAL=40, PNEUMONIA=40))
    with pytest.raises(UnreachableFloorError) as error:
        check_floors(recipe, found)
    assert "COVID has 4 test images" in str(error.value) and "NORMAL" not in str(error.value)
    for choice in (
        "split_seed",
        "evaluation.folds",
        "floor_on: point",
        "unreachable_floors=report",
    ):
        assert choice in str(error.value)


def test_the_recipe_may_train_anyway_and_is_told():
    recipe = load_recipe("quickstart", ["evaluation.unreachable_floors=report"])
    found = plan(recipe, listing(COVID=4, NORMAL=40, PNEUMONIA=40))
    check_floors(recipe, found)
    assert "No model can pass the gate: COVID has 4 test images" in remarks(recipe, found)[-1]


def test_low_floors_are_within_reach():
    recipe = load_recipe("quickstart", ["evaluation.recall_floor=0.001"])
    found = plan(recipe, listing(COVID=4, NORMAL=4, PNEUMONIA=4))
    check_floors(recipe, found)
    assert all(prospect.reachable for prospect in found)


def test_images_of_other_splits_do_not_count(recipe):
    found = plan(recipe, listing(NORMAL=40, PNEUMONIA=40))
    assert found[0].sentence == "COVID has no test image"


def test_with_folds_the_patients_of_all_splits_count():
    patients = [("test", 2), ("eval", 2), ("train", 8)]
    entries = [
        Entry(f"{label}/{split}{number}.png", label, f"{label}{split}{number}", split)
        for label in ("COVID", "NORMAL", "PNEUMONIA")
        for split, count in patients
        for number in range(count)
    ]
    images = Listing(tuple(entries), (), "")
    alone = load_recipe("quickstart", ["evaluation.recall_floor=0.7"])
    assert not any(one.reachable for one in plan(alone, images))
    folds = load_recipe("quickstart", ["evaluation.recall_floor=0.7", "evaluation.folds=3"])
    found = plan(folds, images)
    assert all(one.reachable and one.images == one.patients == 12 for one in found)
    high = load_recipe("quickstart", ["evaluation.recall_floor=0.8", "evaluation.folds=3"])
    with pytest.raises(UnreachableFloorError) as error:
        check_floors(high, plan(high, images))
    assert "COVID has 12 images of 12 patients" in str(error.value)
    assert "test" not in str(error.value) and "evaluation.folds" not in str(error.value)


def test_fewer_patients_than_folds_are_refused_before_the_training(recipe):
    folds = load_recipe("quickstart", ["evaluation.folds=5"])
    with pytest.raises(DataError, match="class 'COVID' has 4 patients for 5 folds"):
        plan(folds, listing(COVID=4, NORMAL=40, PNEUMONIA=40))


def test_the_table_says_what_can_pass(recipe, capsys):
    found = plan(recipe, listing(COVID=40, NORMAL=40, PNEUMONIA=40))
    print_plan(Console(width=120), recipe, found)
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line.split() for line in lines if "COVID" in line]
    assert row[1:3] == ["40/40", "0.60"]
    assert row[-2:] == [f"{found[0].power:.0%}", f"{found[0].later:.0%}"]
    assert re.search(r"passes the whole gate in \d+% of cases\.$", lines[-1])


def test_a_low_chance_to_pass_everywhere_is_remarked():
    counts = listing(COVID=40, NORMAL=40, PNEUMONIA=40)
    recipe = load_recipe("quickstart", ["evaluation.expected_recall=0.8"])
    found = plan(recipe, counts)
    assert joint_power(found) == pytest.approx(found[0].power ** 3)
    (line,) = [one for one in remarks(recipe, found) if "whole gate" in one]
    assert "evaluation.folds" in line
    silent = load_recipe("quickstart", ["evaluation.expected_recall=null"])
    assert not remarks(silent, plan(silent, counts))


def test_a_margin_that_the_images_can_not_show_is_remarked():
    recipe = load_recipe("quickstart", ["evaluation.allowed_drop=0.05"])
    (line,) = remarks(recipe, plan(recipe, listing(COVID=30, NORMAL=90, PNEUMONIA=90)))
    assert "a loss of 0.11 of COVID" in line and "evaluation.allowed_drop=0.12" in line
    alone = load_recipe("quickstart", ["evaluation.allowed_drop=null"])
    assert not remarks(alone, plan(alone, listing(COVID=30, NORMAL=90, PNEUMONIA=90)))
