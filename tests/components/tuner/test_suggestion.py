"""The values of the trials of a search whose score is a formula."""

import pytest

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.tuner.result import TrialResult
from components.tuner.rounds import known_before
from components.tuner.space import parse_space
from components.tuner.suggestion import suggest

MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(4,), dropout=0.3)
TRAINING = TrainingSection(learning_rate=0.003)
SPACE = parse_space({"model.dropout": "0.0..0.9"}, MODEL, TRAINING)


def score(values: dict) -> float:
    return 1 - (values["model.dropout"] - 0.7) ** 2


def search(order: list[int], space=SPACE) -> dict[int, TrialResult]:
    """Trains the trials in an order that the rounds allow; each knows what it may know."""
    found: dict[int, TrialResult] = {}
    for number in order:
        earlier = [found[n] for n in sorted(found) if n <= known_before(number, len(space))]
        values = suggest(space, MODEL, TRAINING, number, [one for one in earlier if one.values])
        found[number] = TrialResult(number, score(values) if values else None, values)
    return found


def test_the_order_within_a_round_changes_nothing():
    ahead, back = search([1, 2, 3, 4, 5, 6, 7, 8]), search([3, 1, 2, 7, 6, 5, 4, 8])
    for number, result in ahead.items():
        assert back[number].values == pytest.approx(result.values, abs=1e-6)


def test_the_recipe_is_tried_first_and_no_values_come_twice():
    found = search([1, 2, 3, 4, 5, 6, 7])
    assert found[1].values == {"model.dropout": 0.3}
    tried = [one.values["model.dropout"] for one in found.values()]
    assert len(set(tried)) == 7 and all(0 <= value <= 0.9 for value in tried)


def test_results_lead_later_rounds_to_better_values():
    found = search(list(range(1, 12)))
    assert max(found[n].score for n in range(8, 12)) > 0.99


def test_a_list_of_few_values_ends_the_search():
    space = parse_space({"model.dropout": "0.1,0.3"}, MODEL, TRAINING)
    found = search([1, 2, 3, 4, 5], space)
    assert [one.values for one in found.values()] == [
        {"model.dropout": 0.3}, {"model.dropout": 0.1}, {}, {}, {},
    ]  # fmt: skip


def test_without_the_recipe_in_the_space_the_search_begins_elsewhere():
    space = parse_space({"model.dropout": "0.5,0.6"}, MODEL, TRAINING)
    assert suggest(space, MODEL, TRAINING, 1, []) == {"model.dropout": 0.5}
