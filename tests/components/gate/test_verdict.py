import pytest

from components.gate.verdict import below_floor, judge
from components.recipe.evaluation import EvaluationSection
from components.uncertainty.intervals import wilson_interval
from components.uncertainty.paired import tango_interval

GOOD = [[18, 1, 1], [0, 38, 2], [1, 1, 28]]


def evaluation(**changes) -> EvaluationSection:
    return EvaluationSection.model_validate({"recall_floor": 0.68, "slices": ["site"]} | changes)


def test_a_good_model_is_blessed(evaluate):
    section = evaluation()
    verdict = judge(evaluate(GOOD, section), section)
    assert verdict.blessed and not verdict.reasons
    low = wilson_interval(18, 20)[0]
    assert f"nearest to it is COVID, {low:.2f} against 0.68" in verdict.sentence


def test_a_recall_equal_to_its_floor_passes_where_its_lower_bound_does_not(evaluate):
    floor = {"COVID": 0.9, "NORMAL": 0.95, "PNEUMONIA": 0.5}
    on_point = evaluation(recall_floor=floor, floor_on="point")
    on_bound = evaluation(recall_floor=floor, floor_on="lower_bound")
    assert judge(evaluate(GOOD, on_point), on_point).blessed
    refused = judge(evaluate(GOOD, on_bound), on_bound)
    assert not refused.blessed
    low = wilson_interval(18, 20)[0]
    assert f"COVID recall 0.90 (18 of 20), lower bound {low:.2f}, is below its floor of 0.90" in (
        refused.sentence
    )


def test_one_class_for_everything_is_refused_by_name(evaluate):
    section = evaluation(recall_floor=0.05)
    verdict = judge(evaluate([[0, 20, 0], [0, 40, 0], [0, 30, 0]], section), section)
    assert not verdict.blessed
    assert "the model predicts NORMAL for every image" in verdict.sentence
    assert "COVID recall 0.00 (0 of 20)" in verdict.sentence
    assert "PNEUMONIA recall 0.00 (0 of 30)" in verdict.sentence


def test_a_class_that_is_never_answered_is_named(evaluate):
    section = evaluation(recall_floor=0.05)
    verdict = judge(evaluate([[0, 20, 0], [0, 40, 0], [0, 2, 28]], section), section)
    assert "the model never predicts COVID" in verdict.sentence


def test_a_class_without_test_images_is_not_blessed(evaluate):
    section = evaluation()
    verdict = judge(evaluate([[0, 0, 0], [0, 38, 2], [0, 1, 28]], section), section)
    assert not verdict.blessed
    assert "the test split has no image of COVID" in verdict.sentence


def test_a_fall_against_the_baseline_is_refused(evaluate):
    section = evaluation(recall_floor=0.5, allowed_drop=0.05, floor_on="point")
    worse = [[17, 2, 1], [0, 38, 2], [4, 1, 25]]
    results = evaluate(worse, section, baseline=GOOD)
    assert results.baseline == pytest.approx({"COVID": 0.9, "NORMAL": 0.95, "PNEUMONIA": 28 / 30})
    verdict = judge(results, section)
    assert not verdict.blessed
    assert verdict.reasons == (
        "PNEUMONIA recall went from 0.93 to 0.83 against the latest blessed model, "
        "more than the 0.05 allowed",
    )


def test_a_fall_within_the_allowance_is_blessed(evaluate):
    section = evaluation(recall_floor=0.5, allowed_drop=0.05, floor_on="point")
    slightly = [[17, 2, 1], [0, 38, 2], [1, 1, 28]]
    verdict = judge(evaluate(slightly, section, baseline=GOOD), section)
    assert verdict.blessed
    assert "no class lost more than 0.05" in verdict.sentence


def test_a_loss_that_the_images_can_not_rule_out_is_refused(evaluate):
    section = evaluation(recall_floor=0.5, allowed_drop=0.15)
    slightly = [[17, 2, 1], [0, 38, 2], [1, 1, 28]]
    results = evaluate(slightly, section, baseline=GOOD)
    low = tango_interval(0, 1, 20)[0]
    assert results.changes["COVID"] == pytest.approx(low)
    assert judge(results, section).reasons == (
        "COVID recall went from 0.90 to 0.85 against the latest blessed model: on these images a "
        f"loss of {-low:.2f} can't be ruled out, more than the 0.15 allowed",
    )
    wider = evaluation(recall_floor=0.5, allowed_drop=0.25)
    verdict = judge(evaluate(slightly, wider, baseline=GOOD), wider)
    assert verdict.blessed and "no class can have lost more than 0.25" in verdict.sentence


def test_several_images_of_a_patient_widen_the_interval(evaluate):
    section = evaluation()
    assert judge(evaluate(GOOD, section), section).blessed
    refused = judge(evaluate(GOOD, section, images_each=2), section)
    assert not refused.blessed
    assert "COVID recall 0.90 (18 of 20, 10 patients), lower bound " in refused.sentence


def test_a_slice_below_its_floor_is_refused_and_a_small_one_is_named(evaluate):
    section = evaluation(slices={"site": {"floor": 0.8, "min_patients": 12}})
    results = evaluate(GOOD, section)
    refused = judge(results, section)
    assert not refused.blessed
    low = wilson_interval(14, 15)[0]
    assert results.slices[(("site", "a"),)][2].low == pytest.approx(low)
    assert any(
        reason.startswith("in site a, PNEUMONIA recall 0.93 (14 of 15), lower bound 0.70,")
        for reason in refused.reasons
    )
    assert not any("COVID" in reason for reason in refused.reasons)
    assert refused.sentence.endswith(
        "Not held to a floor, for too few patients: COVID in site a (10), COVID in site b (10)."
    )


def test_a_value_just_below_its_floor_does_not_read_like_it(evaluate):
    covid = evaluate(GOOD, evaluation()).classes[0]
    assert below_floor(covid, 0.902, evaluation(floor_on="point")) == (
        "COVID recall 0.900 (18 of 20) is below its floor of 0.90"
    )
