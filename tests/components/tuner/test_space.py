import pytest

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.recipe.tuning import TuningSection
from components.runtime.errors import RecipeError
from components.tuner.space import Choice, Range, parse_space, value_of, with_values

MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(4,))
TRAINING = TrainingSection()


def parse(**texts):
    return parse_space({key.replace("__", "."): t for key, t in texts.items()}, MODEL, TRAINING)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("training__learning_rate", "1e-4..1e-2:log", Range(1e-4, 1e-2, True, False)),
        ("training__batch_size", "8..64", Range(8, 64, False, True)),
        ("model__dropout", "0, 0.1,0.5", Choice((0.0, 0.1, 0.5))),
        ("training__balance", "weights,sampling", Choice(("weights", "sampling"))),
        ("training__augmentation.flip", "true,false", Choice((True, False))),
        ("training__fine_tuning.layers", "10,30", Choice((10, 30))),
    ],
)
def test_what_can_be_searched(key, text, expected):
    assert parse(**{key: text}) == {key.replace("__", "."): expected}


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("training.learning_rate", "1e-2..1e-4", "ascending"),
        ("training.learning_rate", "0..1e-2:log", "above 0"),
        ("training.learning_rate", "a..b", "low..high"),
        ("model.dropout", "0.1", "two or more"),
        ("model.dropout", "0.1,0.1", "two or more"),
        ("model.dropout", "0.1,1.5", "model.dropout=1.5: .*less than 1"),
        ("training.batch_size", "0..16", "training.batch_size=0: .*greater than 0"),
        ("training.batch_size", "8.5..16", "training.batch_size=8.5"),
        ("training.speed", "1,2", "Received: 'training.speed'"),
        ("data.image_size", "32,64", "Received: 'data.image_size'"),
        ("dropout", "0.1,0.2", "Received: 'dropout'"),
    ],
)
def test_what_can_not_be_searched_is_said_before_any_work(key, text, reason):
    with pytest.raises(RecipeError, match=reason):
        parse_space({key: text}, MODEL, TRAINING)


def test_the_default_space_fits_the_default_sections():
    space = parse_space(TuningSection().space, MODEL, TRAINING)
    for key, values in space.items():
        assert values.holds(value_of(MODEL, TRAINING, key)), key


def test_values_go_into_the_sections_and_nothing_else_changes():
    values = {"training.fine_tuning.layers": 7, "model.dropout": 0.4}
    model, training = with_values(MODEL, TRAINING, values)
    assert (model.dropout, training.fine_tuning.layers) == (0.4, 7)
    back = {"training.fine_tuning.layers": 30, "model.dropout": 0.2}
    assert with_values(model, training, back) == (MODEL, TRAINING)
