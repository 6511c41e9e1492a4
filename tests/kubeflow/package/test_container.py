import pytest

from components.recipe.platform import PlatformSection
from kubeflow.errors import KubeflowError
from kubeflow.package.container import PackageOptions, image_of
from kubeflow.package.dag import DECIDES


def test_an_image_is_named_by_the_options_or_the_recipe():
    assert image_of(PlatformSection(image="a:1"), PackageOptions(), DECIDES) == "a:1"
    assert image_of(PlatformSection(), PackageOptions(image="a:1"), DECIDES) == "a:1"
    with pytest.raises(KubeflowError, match=r"--image, or set platform\.image"):
        image_of(PlatformSection(), PackageOptions(), DECIDES)
