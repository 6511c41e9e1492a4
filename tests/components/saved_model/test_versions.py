import pytest

from components.saved_model.versions import UNFINISHED, is_unfinished


def test_the_name_of_a_push_under_way():
    assert is_unfinished(UNFINISHED.format(version=17, mark="00ff00ff"))


@pytest.mark.parametrize("name", ["17", ".17", ".part", ".17.part", "withdrawn", ".x.0.part"])
def test_other_names(name):
    assert not is_unfinished(name)
