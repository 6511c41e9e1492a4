import pytest

from components.runtime.errors import RecipeError
from kubeflow.package.recipe_codec import decode_recipe, encode_recipe
from pipeline.recipes.loader import load_recipe


def test_a_recipe_comes_out_as_it_went_in_but_for_the_platform():
    """tests/kubeflow/package/test_compile.py reads all of them back."""
    recipe = load_recipe("quickstart", ["platform.nodes.Trainer={gpu: 1}"])
    assert decode_recipe(encode_recipe(recipe), []) == load_recipe("quickstart", ["platform={}"])


def test_no_sign_that_kubernetes_argo_or_kfp_reads():
    recipe = load_recipe("quickstart", ["data.patient.regex='(?P<patient>$(HOME){{$.x}}$$)'"])
    packed = encode_recipe(recipe)
    assert packed.replace("+", "").replace("/", "").rstrip("=").isalnum()
    assert len(packed) < 3_000
    assert decode_recipe(packed, []).data.patient.regex == "(?P<patient>$(HOME){{$.x}}$$)"


def test_a_run_may_override_values():
    packed = encode_recipe(load_recipe("quickstart"))
    assert decode_recipe(packed, ["training.epochs=3"]).training.epochs == 3
    with pytest.raises(RecipeError, match=r"recipe quickstart is not .*\n  training.epochs: "):
        decode_recipe(packed, ["training.epochs=x"])


@pytest.mark.parametrize("override", ["platform.nodes.Trainer.gpu=2", "name=other", " platform={}"])
def test_a_run_can_not_override_what_the_package_fixed(override):
    with pytest.raises(RecipeError, match=r"part of the compiled package.*Compile it again"):
        decode_recipe(encode_recipe(load_recipe("quickstart")), [override])
