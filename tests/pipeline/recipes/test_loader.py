import re
from pathlib import Path

import pytest
import yaml

from components.runtime.errors import RecipeError
from pipeline.cli.recipes import resolved_yaml
from pipeline.recipes.loader import load_recipe, own_file, recipe_names

SMALL = {
    "name": "small",
    "summary": "two classes",
    "data": {"classes": ["COVID", "Viral Pneumonia"], "patient": {"from": "each_file"}},
    "model": {"backbone": "scratch_cnn", "weights": "none"},
    "evaluation": {"recall_floor": 0.6},
}


@pytest.fixture
def small(tmp_path):
    """Path of a recipe that says no more than it must."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return str(path)


def refusal(recipe, *overrides):
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, list(overrides))
    return str(caught.value)


# === Finding it ===


def test_the_shipped_recipes_load_under_their_own_name():
    assert recipe_names()
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == recipe.model_name == name
        assert len(recipe.summary) <= 90 and "\n" not in recipe.summary


def test_an_unknown_name_is_asked_about():
    message = refusal("covid19-3clas")
    assert "There is no recipe 'covid19-3clas'. Did you mean 'covid19-3class'?" in message
    assert all(name in message for name in recipe_names())
    assert "Did you mean" not in refusal("zzz")


@pytest.mark.parametrize("path", ["nowhere.yaml", "./quickstart", "nowhere/quickstart.yml"])
def test_a_missing_file_is_named(path):
    assert refusal(path) == f"There is no recipe file {path!r}. Check the path."


def test_a_folder_is_no_recipe_file(tmp_path):
    assert "There is no recipe file" in refusal(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"data: [1, 2", "broken.yaml is not valid YAML"),
        (b"summary: \xe4", "broken.yaml is not valid YAML: it must be UTF-8, and byte 9 is not."),
        (b"a: [\n", "broken.yaml is not valid YAML: line 2, column 1: "),
        (b"- data", "broken.yaml must hold keys with their values, such as `name: chest`."),
        (b"", "Received: 'an empty file'"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path, content, message):
    (tmp_path / "broken.yaml").write_bytes(content)
    assert message in refusal(str(tmp_path / "broken.yaml"))


def test_a_recipe_of_the_site_has_a_file_of_its_own(small, monkeypatch):
    monkeypatch.chdir(Path(small).parent)
    assert own_file("small.yaml") == small and own_file("quickstart") == ""


# === What it says ===


def test_defaults_fill_a_small_recipe(small):
    recipe = load_recipe(small)
    assert recipe.data.split.test == 0.20
    assert recipe.training.seed == 1
    assert recipe.model_name == "small"
    assert load_recipe(small, ["serving.model_name=chest"]).model_name == "chest"


@pytest.mark.parametrize("name", recipe_names())
def test_what_show_prints_is_the_same_recipe(tmp_path, name):
    path = tmp_path / "shown.yaml"
    path.write_text(resolved_yaml(name, ["training.epochs=3"]))
    assert load_recipe(str(path)) == load_recipe(name, ["training.epochs=3"])


# === Overrides ===


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("training.epochs=3", lambda r: r.training.epochs == 3),
        ("training.learning_rate=1e-4", lambda r: r.training.learning_rate == 1e-4),
        ("training.fine_tuning.epochs=2", lambda r: r.training.fine_tuning.epochs == 2),
        ("training.augmentation={flip: true}", lambda r: r.training.augmentation.flip),
        (" data.cap_per_class = 20", lambda r: r.data.cap_per_class == 20),
        ("data.ignore=[masks, a=b]", lambda r: r.data.ignore == ("masks", "a=b")),
        ("evaluation.allowed_drop=null", lambda r: r.evaluation.allowed_drop is None),
        ("model.weights=/weights/x=1.h5", lambda r: r.model.weights == "/weights/x=1.h5"),
        ("data.metadata.columns=[age]", lambda r: r.data.metadata.columns == ("age",)),
        (
            "evaluation.recall_floor={COVID: 0.8, Viral Pneumonia: 0.5}",
            lambda r: r.evaluation.floor("Viral Pneumonia") == 0.5,
        ),
    ],
)
def test_an_override_reaches_its_value(small, override, value):
    assert not value(load_recipe(small, ["data.metadata={columns: [sex]}"]))
    assert value(load_recipe(small, ["data.metadata={columns: [sex]}", override]))


def test_the_last_override_of_a_value_counts_and_leaves_its_neighbours(small):
    overrides = ["data.split.train=0.7", "data.split.eval=0.1", "data.split.eval=0.10"]
    split = load_recipe(small, overrides).data.split
    assert (split.train, split.eval, split.test) == (0.7, 0.1, 0.2)


@pytest.mark.parametrize("override", ["training.epochs", "", "=3", " =3", "training epochs 3"])
def test_an_override_that_sets_nothing_is_refused(small, override):
    message = refusal(small, override)
    assert message == (
        f"--set takes section.key=value, e.g. training.epochs=3. Received: {override!r}"
    )


def test_an_override_that_is_no_yaml_or_goes_into_a_value_is_refused(small):
    assert refusal(small, "training.epochs=[1") == (
        "--set training.epochs: the value is not valid YAML: expected ',' or ']', but got "
        "'<stream end>'. Received: '[1'"
    )
    assert refusal(small, "name.first=x") == "--set name.first: 'name' is a value, not a section."


# === What is not valid ===


def test_too_much_yaml_is_refused_in_a_file_in_its_base_and_in_an_override(small):
    text, reason = "&a [*a]", "at most 10000 values are read"
    override = refusal(small, f"summary={text}")
    assert reason in override and len(override) < 400
    base = Path(small).with_name("base.yaml")
    base.write_text(f"summary: {text}\n")
    assert refusal(str(base)).startswith("base.yaml is not valid YAML: ")
    assert reason in refusal(str(base))
    assert reason in refusal(extending(small, extends="base.yaml"))


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("training.epochs=three", "unable to parse string as an integer. Received: 'three'"),
        ("training.epochs=0", "training.epochs: Input should be greater than 0. Received: 0"),
        ("data.color=gray", "data.color: Input should be 'grayscale' or 'rgb'. Received: 'gray'"),
        ("evaluation={}", "evaluation.recall_floor: is required."),
        ("evaluation.recall_floor=1.5", "evaluation.recall_floor: Input should be less than 1."),
        ("evaluation.recall_floor=high", "evaluation.recall_floor: Input should be a valid number"),
        (
            "evaluation.recall_floor={COVID: 2, Viral Pneumonia: 0.5}",
            "evaluation.recall_floor.COVID: Input should be less than 1. Received: 2",
        ),
        ("training.fine_tuning.layers=top", "training.fine_tuning.layers: Input should be 'all'."),
        ("data.split.train=0.9", "data.split: the shares must add up to 1, not 1.26."),
        ("data.patient={from: filename, regex: '('}", "data.patient: regex '(' is not valid:"),
        ("data.merge={COVD: [a]}", "data: merge names ['COVD'], not among the classes"),
        ("name=Two Words", "name: String should match pattern"),
        (f"name={41 * 'a'}", "name: String should have at most 40 characters"),
        ("serving.model_name=a/b", "serving.model_name: the name becomes a folder"),
    ],
)
def test_the_message_names_file_key_and_value(small, override, sentence):
    message = refusal(small, override)
    assert message.startswith("small.yaml is not a valid recipe:\n  ")
    assert sentence in message


def test_every_problem_is_told_at_once(small):
    message = refusal(small, "training.epochs=0", "data.image_size=1", "summary=5")
    lines = message.splitlines()[1:]
    assert {line.split(":")[0].strip() for line in lines} == {
        "training.epochs",
        "data.image_size",
        "summary",
    }


def test_no_pydantic_words_reach_the_user(small):
    for override in ("evaluation.recall_floor=high", "training.fine_tuning.layers=top"):
        message = refusal(small, override)
        assert not re.search(r"constrained|pydantic|literal\[|dict\[|Value error", message)


# === What it extends ===


def extending(small, **values):
    """Writes a file beside `small` that extends it, and returns its path."""
    path = Path(small).parent / "other.yaml"
    path.write_text(yaml.safe_dump({"extends": "small.yaml", "name": "other"} | values))
    return str(path)


def test_a_recipe_says_only_where_it_differs(small):
    recipe = load_recipe(extending(small, data={"image_size": 64}), ["training.epochs=3"])
    base = load_recipe(small)
    assert (recipe.name, recipe.data.image_size, recipe.training.epochs) == ("other", 64, 3)
    assert recipe.data.model_copy(update={"image_size": 224}) == base.data
    assert (recipe.model, recipe.evaluation) == (base.model, base.evaluation)


def test_null_drops_what_the_base_says(small):
    members = [{"backbone": "vgg16"}, {"backbone": "vgg19"}]
    recipe = load_recipe(extending(small, model={"backbone": None, "members": members}))
    assert recipe.model.title == "vgg16 + vgg19"
    assert recipe.model.weights == "none"
    assert "evaluation: is required" in refusal(extending(small, evaluation=None))


def test_null_is_a_value_in_place_of_one(small):
    path = extending(small, evaluation={"allowed_drop": None})
    assert load_recipe(path).evaluation.allowed_drop is None
    base = SMALL | {"evaluation": {"recall_floor": 0.6, "allowed_drop": 0.2}}
    Path(small).write_text(yaml.safe_dump(base))
    assert load_recipe(small).evaluation.allowed_drop == 0.2
    assert load_recipe(path).evaluation.allowed_drop is None


def test_a_shipped_recipe_can_be_extended_from_anywhere(small):
    path = Path(small).with_name("own.yaml")
    path.write_text("extends: quickstart\nname: own\n")
    assert load_recipe(str(path)).data == load_recipe("quickstart").data


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("quickstrat", "There is no recipe 'quickstrat'. Did you mean 'quickstart'?"),
        ("nowhere.yaml", "There is no recipe file 'nowhere.yaml'"),
        (["quickstart"], "extends takes the name of one recipe. Received: ['quickstart']"),
        ("covid-densenet201", "which extends covid-mobilenet: only one level is"),
    ],
)
def test_a_base_that_cannot_be_is_refused(small, base, message):
    assert message in refusal(extending(small, extends=base))
