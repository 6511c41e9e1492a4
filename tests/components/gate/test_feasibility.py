import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.stats import multinomial

from components.gate.feasibility import comparison_power, missing_patients, prospects
from components.recipe.evaluation import EvaluationSection
from components.uncertainty.clustered import clustered_interval
from components.uncertainty.intervals import wilson_interval
from components.uncertainty.paired import tango_interval


@dataclass(frozen=True)
class Image:
    label: str
    patient: str
    metadata: dict = field(default_factory=dict)


def images(label: str, patients: int, each: int = 1, site: str = "a") -> list[Image]:
    return [
        Image(label, f"{label} {site} {patient}", {"site": site})
        for patient in range(patients)
        for _ in range(each)
    ]


def section(**values: object) -> EvaluationSection:
    return EvaluationSection.model_validate({"recall_floor": 0.5} | values)


def test_three_images_can_not_reach_a_half():
    (found,) = prospects(images("a", 3), ["a"], section())
    assert not found.reachable and math.isnan(found.least_recall)
    assert found.best == pytest.approx(wilson_interval(3, 3)[0])
    assert "3 test images of 3 patients" in found.sentence
    assert "the lower bound is 0.44, below the floor of 0.50. At least 1 more" in found.sentence
    (enough,) = prospects(images("a", 4), ["a"], section())
    assert enough.reachable and enough.least_recall == 1


@pytest.mark.parametrize("floor", [0.3, 0.5, 0.6, 0.75, 0.9])
def test_the_missing_patients_are_just_enough(floor):
    needed = missing_patients(floor)
    assert wilson_interval(needed, needed)[0] >= floor > wilson_interval(needed - 1, needed - 1)[0]


def test_a_class_without_test_images_is_said_to_have_none():
    (found,) = prospects([], ["a"], section())
    assert not found.reachable and found.sentence == "a has no test image"


def test_the_least_recall_passes_and_one_image_less_does_not():
    (found,) = prospects(images("a", 40), ["a"], section(recall_floor=0.75))
    hits = round(found.least_recall * 40)
    assert wilson_interval(hits, 40)[0] >= 0.75 > wilson_interval(hits - 1, 40)[0]


def test_more_images_of_the_same_patients_do_not_replace_patients():
    cases = np.full(10, 5)
    (found,) = prospects(images("a", 10, each=5), ["a"], section())
    assert (found.images, found.patients) == (50, 10)
    assert found.best == pytest.approx(clustered_interval(cases, cases)[0])
    assert found.best < wilson_interval(50, 50)[0]


def test_on_the_observed_recall_any_image_can_pass():
    (found,) = prospects(images("a", 3), ["a"], section(floor_on="point"))
    assert found.reachable and found.least_recall == pytest.approx(2 / 3)


def test_the_power_is_the_share_of_test_splits_that_pass():
    expecting = section(recall_floor=0.75, expected_recall=0.9)
    (found,) = prospects(images("a", 60), ["a"], expecting)
    generator = np.random.default_rng(1)
    low, _ = wilson_interval(generator.binomial(60, 0.9, 20_000), 60)
    assert found.power == pytest.approx(np.mean(low >= 0.75), abs=0.03)
    assert math.isnan(prospects(images("a", 60), ["a"], section(recall_floor=0.75))[0].power)


def test_gated_slices_with_enough_patients_are_judged_too():
    listed = [*images("a", 40, site="a"), *images("a", 9, site="b")]
    slices = {"site": {"floor": 0.95, "min_patients": 10}}
    overall, in_a = prospects(listed, ["a"], section(slices=slices))
    assert overall.reachable
    assert (in_a.where, in_a.reachable, in_a.patients) == ("site a", False, 40)


def test_the_smallest_margin_is_that_of_the_same_predictions():
    (found,) = prospects(images("a", 30), ["a"], section())
    assert found.least_drop == pytest.approx(0.1135, abs=5e-5)
    (none,) = prospects(images("a", 30), ["a"], section(allowed_drop=None))
    assert math.isnan(none.least_drop)


def test_the_power_of_the_comparison_is_that_of_the_trinomial_distribution():
    gained, lost = np.meshgrid(np.arange(61), np.arange(61), indexing="ij")
    counts = np.stack([gained, lost, np.maximum(60 - gained - lost, 0)], -1)
    chance = multinomial.pmf(counts, 60, [0.05, 0.08, 0.87])
    low, _ = tango_interval(gained, lost, 60)
    exact = chance[(low >= -0.15) & (gained + lost <= 60)].sum()
    assert comparison_power(np.ones(60, int), 0.05, 0.08, 0.15) == pytest.approx(exact, abs=0.02)
    (found,) = prospects(images("a", 60), ["a"], section(expected_recall=0.9, allowed_drop=0.15))
    assert found.later == comparison_power(np.ones(60, int), 0.05, 0.05, 0.15)


def test_a_worse_model_passes_the_comparison_less_often():
    cases = np.ones(300, int)
    powers = [comparison_power(cases, 0.03, 0.03 + loss, 0.05) for loss in (0, 0.01, 0.03, 0.1)]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] > 0.85 and powers[-1] < 0.01
