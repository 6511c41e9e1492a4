import dataclasses

import numpy as np
import pytest

from components.uncertainty.clustered import clustered_interval
from pipeline.external.evaluation import evaluate


def test_the_figures_are_those_of_the_labelled_images(predicted, origin, make_rules):
    found = evaluate(predicted, origin, make_rules(slices=["site"]), None)
    assert (found.images, found.patients, len(found.failed)) == (59, 30, 1)
    covid, normal = found.classes
    assert (covid.hits, covid.cases, covid.patients) == (26, 29, 15)
    assert (normal.hits, normal.cases) == (27, 30)
    assert found.matrix.tolist() == [[26, 3], [3, 27]]
    hits = np.full(15, 2) - np.isin(np.arange(15), (0, 5, 10))
    assert (normal.low, normal.high) == pytest.approx(clustered_interval(hits, np.full(15, 2)))
    assert found.out_of_distribution.images == 4 and found.uncertain.images == 12
    assert {one.cases for one in found.slices["site"]["b"]} == {10}
    assert sum(one.cases for one in found.slices["site"]["a"]) == 39
    assert found.balanced_accuracy == pytest.approx((26 / 29 + 0.9) / 2)
    assert found.accepted and found.sentence == "Accepted here: every floor of the recipe is met."


def test_a_missed_floor_is_named(predicted, origin, make_rules):
    found = evaluate(predicted, origin, make_rules(recall_floor=0.85), None)
    assert found.sentence.startswith(
        "NOT accepted here: COVID recall 0.90 (26 of 29, 15 patients), lower bound "
    )
    on_point = make_rules(recall_floor=0.85, floor_on="point")
    assert evaluate(predicted, origin, on_point, None).accepted


def test_floors_of_slices_hold_where_there_are_enough_patients(predicted, origin, make_rules):
    rules = make_rules(slices={"site": {"floor": 0.95, "min_patients": 12}})
    found = evaluate(predicted, origin, rules, None)
    assert [clause[:19] for clause in found.refusals] == [
        "in site a, COVID re",
        "in site a, NORMAL r",
    ]
    assert found.small == ("COVID in site b (10)", "NORMAL in site b (10)")


def without_sites(predicted):
    images = dataclasses.replace(predicted.images, features={"site": np.full(60, "")})
    return dataclasses.replace(predicted, images=images)


def test_a_feature_that_nobody_has_is_said(predicted, origin, make_rules):
    found = evaluate(without_sites(predicted), origin, make_rules(slices=["site"]), None)
    assert found.accepted
    assert found.notes == ("No image has a value of site, so there are no slices by it.",)


def test_a_floor_on_slices_that_are_not_there_is_not_met(predicted, origin, make_rules):
    rules = make_rules(slices={"site": {"floor": 0.5}})
    found = evaluate(without_sites(predicted), origin, rules, None)
    assert found.refusals == ("there are no slices by site to hold to their floor",)
