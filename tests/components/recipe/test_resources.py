import re

import pytest
from pydantic import ValidationError

from components.recipe.resources import NodeResources, Toleration


@pytest.mark.parametrize("cpu", [8, 0.5, "500m", "1.5", "16"])
def test_quantities_of_processors(cpu):
    assert NodeResources(cpu=cpu).cpu == str(cpu)


@pytest.mark.parametrize("cpu", ["8 cores", "0", "1.5.0", "-1", "1e3", "", "0m"])
def test_what_is_not_a_quantity_of_processors(cpu):
    with pytest.raises(ValidationError, match=r"8, 0\.5 or 500m"):
        NodeResources(cpu=cpu)


@pytest.mark.parametrize("memory", ["32Gi", "512Mi", "32G", 4_000_000_000])
def test_quantities_of_memory(memory):
    assert NodeResources(memory=memory).memory == str(memory)


@pytest.mark.parametrize("key", ["memory", "shared_memory"])
@pytest.mark.parametrize("memory", ["32 GB", "32GB", "1.5Gi", "0Gi", "Gi", "32gi", "32m"])
def test_what_is_not_a_quantity_of_memory(memory, key):
    with pytest.raises(ValidationError, match="write 32Gi, 512Mi or 32G"):
        NodeResources.model_validate({key: memory})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"operator": "Equal", "key": "a"}, "give both"),
        ({"key": "a", "value": "b"}, "`operator: Equal`"),
        ({"effect": "Never"}, "'NoSchedule', 'PreferNoSchedule' or 'NoExecute'"),
    ],
)
def test_a_toleration_is_complete(values, words):
    with pytest.raises(ValidationError, match=re.escape(words)):
        Toleration(**values)
