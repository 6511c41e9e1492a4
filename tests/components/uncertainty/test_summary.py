import math
from dataclasses import replace

from components.uncertainty.summary import UncertaintySummary

FACTS = UncertaintySummary(1.3, 0.62, 0.2, 0.95, 0.01, images=120, out_of_distribution=2)


def test_the_file_gives_back_what_was_written():
    assert UncertaintySummary.from_json(FACTS.to_json()) == FACTS


def test_an_undefined_recall_is_valid_json():
    text = replace(FACTS, lowest_recall=math.nan).to_json()
    assert "NaN" not in text
    assert math.isnan(UncertaintySummary.from_json(text).lowest_recall)
