import numpy as np
import pytest

from components.recipe.evaluation import EvaluationSection
from components.uncertainty.clustered import clustered_interval
from pipeline.external.evaluation import ExternalError, evaluate_rows


def section(**values: object) -> EvaluationSection:
    return EvaluationSection.model_validate({"recall_floor": 0.6} | values)


def test_the_figures_are_those_of_the_labelled_images(entries, rows, origin):
    found = evaluate_rows(entries, rows, origin, section(slices=["site"]), "/elsewhere")
    assert (found.images, found.patients, found.failed) == (59, 30, {"truncated": 1})
    covid, normal = found.classes
    assert (covid.hits, covid.cases, covid.patients) == (26, 29, 15)
    assert (normal.hits, normal.cases) == (27, 30)
    hits = np.full(15, 2) - np.isin(np.arange(15), (0, 5, 10))
    cases = np.full(15, 2)
    assert (normal.low, normal.high) == pytest.approx(clustered_interval(hits, cases))
    assert found.out_of_distribution.images == 4 and found.uncertain.images == 12
    assert {one.cases for one in found.slices["site"]["b"]} == {10}
    assert sum(one.cases for one in found.slices["site"]["a"]) == 39
    assert not found.refusals and found.sentence == (
        "Accepted here: every floor of the recipe is met."
    )


def test_a_missed_floor_is_named(entries, rows, origin):
    found = evaluate_rows(entries, rows, origin, section(recall_floor=0.85), "/elsewhere")
    assert found.sentence.startswith(
        "NOT accepted here: COVID recall 0.90 (26 of 29, 15 patients), lower bound "
    )
    on_point = section(recall_floor=0.85, floor_on="point")
    assert not evaluate_rows(entries, rows, origin, on_point, "/elsewhere").refusals


def test_floors_of_slices_hold_where_there_are_enough_patients(entries, rows, origin):
    rule = {"site": {"floor": 0.95, "min_patients": 12}}
    found = evaluate_rows(entries, rows, origin, section(slices=rule), "/elsewhere")
    assert [clause[:19] for clause in found.refusals] == [
        "in site a, COVID re",
        "in site a, NORMAL r",
    ]
    assert found.small == ("COVID in site b (10)", "NORMAL in site b (10)")


def test_a_class_without_images_is_refused(entries, rows, origin):
    only = [entry for entry in entries if entry.label == "COVID"]
    found = evaluate_rows(only, rows, origin, section(), "/elsewhere")
    assert found.refusals == ("there is no image of NORMAL",)


def test_rows_of_other_files_are_no_result(entries, rows, origin):
    with pytest.raises(ExternalError, match="No labelled image of /elsewhere has a prediction"):
        evaluate_rows(entries, rows[-1:], origin, section(), "/elsewhere")
