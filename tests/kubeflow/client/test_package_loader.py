import pytest

from kubeflow.client.package_loader import open_package
from kubeflow.errors import PipelinesError


def test_a_package_is_read_where_it_is(package):
    with open_package(str(package)) as opened:
        assert (opened.path, opened.name) == (package, "chest")


def test_a_recipe_is_compiled_to_a_file_that_is_gone_afterwards():
    with open_package("quickstart", "medtfx:1") as opened:
        assert opened.name == "quickstart" and opened.path.is_file()
        assert set(opened.inputs) >= {"data", "root", "gate_failure"}
    assert not opened.path.exists()


def test_a_compiled_package_has_its_image_already(package):
    with pytest.raises(PipelinesError, match="no --image"), open_package(str(package), "other:1"):
        pass
