import inspect

import pytest

from components.recipe.platform import PlatformSection
from kubeflow.errors import KubeflowError
from kubeflow.package.container import PackageOptions, image_of, with_parameters
from kubeflow.package.dag import DECIDES


def test_named_parameters_are_passed_by_position_and_by_name():
    def collect(**given):
        return given

    named = with_parameters(collect, {"data": str, "rows": int}, {"data": "/d"})
    parameters = inspect.signature(named).parameters
    assert list(parameters) == ["data", "rows"] and parameters["data"].default == "/d"
    assert parameters["rows"].default is inspect.Parameter.empty
    assert named("/x", rows=3) == {"data": "/x", "rows": 3}


def test_an_image_is_named_by_the_options_or_the_recipe():
    assert image_of(PlatformSection(image="a:1"), PackageOptions(), DECIDES) == "a:1"
    assert image_of(PlatformSection(), PackageOptions(image="a:1"), DECIDES) == "a:1"
    with pytest.raises(KubeflowError, match=r"--image, or set platform\.image"):
        image_of(PlatformSection(), PackageOptions(), DECIDES)
