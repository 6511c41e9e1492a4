import re

import pytest
from pydantic import ValidationError

from components.recipe.serving import Batching, Replicas, ServingSection


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ({}, (1, 2, 4, 8, 16, 32)),
        ({"max_batch_size": 20}, (1, 2, 4, 8, 16, 20)),
        ({"max_batch_size": 1}, (1,)),
        ({"max_batch_size": 6, "allowed_batch_sizes": [3, 6]}, (3, 6)),
    ],
)
def test_batch_sizes_end_with_the_largest(given, sizes):
    assert Batching(**given).sizes == sizes


@pytest.mark.parametrize("sizes", [[], [8, 4, 32], [4, 4, 32], [4, 64], [4, 16]])
def test_what_tensorflow_serving_would_not_start_with(sizes):
    with pytest.raises(ValidationError, match=r"end with max_batch_size \(32\)"):
        Batching(max_batch_size=32, allowed_batch_sizes=sizes)


@pytest.mark.parametrize(
    ("given", "threads"),
    [
        ({}, 2),
        ({"cpu": 8}, 8),
        ({"cpu": "0.5"}, 1),
        ({"cpu": "2500m"}, 3),
        ({"cpu": 8, "batching": {"num_batch_threads": 3}}, 3),
    ],
)
def test_one_batch_a_cpu(given, threads):
    assert ServingSection(**given).batch_threads == threads


def test_a_change_of_the_machines_does_not_change_the_model():
    larger = {"gpu": 1, "cpu": 9, "batching": {"max_batch_size": 8}, "model_name": "x"}
    plain = ServingSection().in_model()
    assert ServingSection.model_validate(larger).in_model() == plain
    other = ServingSection.model_validate({"uncertainty": {"uncertain_below": 0.7}})
    assert ServingSection.model_validate(other.in_model()).uncertainty.uncertain_below == 0.7
    assert other.in_model() != plain


def test_fewer_replicas_than_always():
    with pytest.raises(
        ValidationError, match=re.escape("replicas.min (3) is above replicas.max (2)")
    ):
        Replicas(min=3, max=2)


@pytest.mark.parametrize("name", ["../other", "a/b", ".hidden", "", "two words"])
def test_a_model_name_is_a_folder_name(name):
    assert ServingSection(model_name="chest-v2.1").model_name == "chest-v2.1"
    with pytest.raises(ValidationError, match="the name becomes a folder"):
        ServingSection(model_name=name)
