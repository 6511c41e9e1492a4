"""Statistics of two training splits, as StatisticsGen writes them, compared by TFDV."""

import numpy as np
import pandas as pd
import tensorflow_data_validation as tfdv

from components.data_audit.checks.drift import distances, drift
from components.recipe.audit import AuditSection


def statistics(seed: int, brighter: float = 0.0, covid: float = 0.5, count: int = 400):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "label": rng.choice(["COVID", "NORMAL"], count, p=[covid, 1 - covid]),
            "format": rng.choice(["PNG", "DICOM"], count),
            "mean": rng.normal(120 + brighter, 15, count),
            "std": rng.normal(50, 5, count),
            "width": rng.integers(200, 260, count),
            "height": rng.integers(200, 260, count),
        }
    )
    return tfdv.generate_statistics_from_dataframe(frame)


def moved(current, **limits):
    found = distances(current, statistics(0), AuditSection(**limits))
    assert {d.feature for d in found} == {"label", "format", "mean", "std", "width", "height"}
    return [case.reason.split(":")[0] for case in drift(found).cases]


def test_another_sample_of_the_same_has_not_moved():
    assert moved(statistics(1)) == []


def test_what_moved_is_named():
    assert moved(statistics(1, brighter=60)) == ["mean"]
    assert moved(statistics(1, covid=0.8)) == ["label"]
    assert moved(statistics(1, covid=0.8), drift_categories=0.5) == []


def test_without_a_baseline_nothing_is_claimed():
    found = drift(None)
    assert not found.cases and "no earlier blessed model" in found.sentence
