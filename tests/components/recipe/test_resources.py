import re

import pytest
from pydantic import ValidationError

from components.recipe.resources import NodeResources, Toleration, byte_count, cpu_count


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


def test_quantities_as_numbers():
    assert [cpu_count(text) for text in ("8", "0.5", "500m")] == [8, 0.5, 0.5]
    texts = ("5", "1Ki", "2Mi", "1Gi", "1M", "1G", "1Ti")
    assert [byte_count(text) for text in texts] == [
        5, 1024, 2 * 1024**2, 1024**3, 10**6, 10**9, 1024**4
    ]  # fmt: skip


def test_the_largest_of_two_nodes_counts_units():
    small = NodeResources(cpu="900m", memory="1Gi", retries=0, node_selector={"pool": "a"})
    large = NodeResources(cpu="1", memory="1000M", shared_memory="1Gi", retries=2)
    both = small.largest(large)
    assert (both.cpu, both.memory, both.shared_memory, both.retries) == ("1", "1Gi", "1Gi", 2)
    assert both.node_selector == {"pool": "a"} and both.retry_wait_seconds is None


@pytest.mark.parametrize(
    ("values", "own"),
    [
        ({"gpu": 1}, True),
        ({"node_selector": {"pool": "gpu"}}, True),
        ({"tolerations": [{"key": "gpu"}]}, True),
        ({"timeout_minutes": 5}, True),
        ({"cpu": 4, "memory": "1Gi", "shared_memory": "1Gi", "retries": 2}, False),
    ],
)
def test_what_of_a_node_needs_a_pod_of_its_own(values, own):
    assert NodeResources.model_validate(values).needs_own_pod is own
