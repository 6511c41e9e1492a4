import pytest

from components.runtime.errors import RecipeError
from kubeflow.package.packed_recipe import pack, unpack
from pipeline.recipes.loader import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_comes_out_as_it_went_in_but_for_the_platform(name):
    recipe = load_recipe(name, ["platform.nodes.Trainer={gpu: 1}"])
    assert unpack(pack(recipe), []) == load_recipe(name, ["platform={}"])


def test_no_sign_that_kubernetes_argo_or_kfp_reads():
    recipe = load_recipe("quickstart", ["data.patient.regex='(?P<patient>$(HOME){{$.x}}$$)'"])
    packed = pack(recipe)
    assert packed.replace("+", "").replace("/", "").rstrip("=").isalnum()
    assert len(packed) < 2_000
    assert unpack(packed, []).data.patient.regex == "(?P<patient>$(HOME){{$.x}}$$)"


def test_a_run_may_override_values():
    packed = pack(load_recipe("quickstart"))
    assert unpack(packed, ["training.epochs=3"]).training.epochs == 3
    with pytest.raises(RecipeError, match=r"recipe quickstart is not .*\n  training.epochs: "):
        unpack(packed, ["training.epochs=x"])


@pytest.mark.parametrize("override", ["platform.nodes.Trainer.gpu=2", "name=other", " platform={}"])
def test_a_run_can_not_override_what_the_package_fixed(override):
    with pytest.raises(RecipeError, match=r"part of the compiled package.*Compile it anew"):
        unpack(pack(load_recipe("quickstart")), [override])
