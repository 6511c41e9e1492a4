import yaml

from pipeline.recipes.loader import RECIPE_DIR, load_recipe
from pipeline.tune.tuned_recipe import write_tuned


def test_the_new_recipe_has_the_values_and_keeps_the_rest(tmp_path):
    out = tmp_path / "tuned.yaml"
    values = {"training.learning_rate": 0.00123456789, "model.dropout": 0.5}
    write_tuned(out, "quickstart", ["training.epochs=7"], values, ["Tuned: 3 trials.", "x " * 80])
    found, original = load_recipe(str(out)), load_recipe("quickstart")
    assert found.training.learning_rate == 0.00123457
    assert (found.model.dropout, found.training.epochs) == (0.5, 7)
    back = [f"{key}={value}" for key, value in (
        ("training.learning_rate", 0.002), ("model.dropout", 0.2), ("training.epochs", 30)
    )]  # fmt: skip
    assert load_recipe(str(out), back) == original
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# Tuned: 3 trials.\n# On 20")
    assert max(map(len, text.partition("#\n")[0].splitlines())) <= 100
    first = (RECIPE_DIR / "quickstart.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first in text
    assert list(yaml.safe_load(text)) == list(
        yaml.safe_load((RECIPE_DIR / "quickstart.yaml").read_text(encoding="utf-8"))
    )
    assert [path.name for path in tmp_path.iterdir()] == ["tuned.yaml"]


def test_values_of_every_kind_come_back(tmp_path):
    out = tmp_path / "tuned.yaml"
    values = {"training.balance": "sampling", "training.augmentation.flip": True}
    values |= {"training.batch_size": 8}
    write_tuned(out, "quickstart", [], values, ["Tuned."])
    training = load_recipe(str(out)).training
    assert (training.balance, training.augmentation.flip) == ("sampling", True)
    assert training.batch_size == 8
