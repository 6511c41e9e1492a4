import pytest
from pydantic import ValidationError

from components.recipe.training import Augmentation, TrainingSection


def test_augmentation_knows_whether_anything_is_changed():
    assert not Augmentation().any
    assert Augmentation(zoom=0.1).any


def test_a_flip_alone_gives_two_forms_of_an_image():
    assert Augmentation(flip=True).mirrors_only
    assert not Augmentation(flip=True, noise=0.1).mirrors_only
    assert not Augmentation().mirrors_only


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"loss": "mse", "label_smoothing": 0.1}, "belongs to a cross-entropy"),
        ({"balance": "augmented_copies"}, "needs `augmentation`"),
        ({"refit": True, "fine_tuning": {"epochs": 1}}, "leave out `fine_tuning`"),
        ({"refit": True, "augmentation": {"zoom": 0.1}}, "features that are computed once"),
        (
            {"refit": True, "augmentation": {"flip": True}, "balance": "augmented_copies"},
            "features that are computed once",
        ),
    ],
)
def test_keys_that_do_not_go_together(values, words):
    with pytest.raises(ValidationError, match=words):
        TrainingSection.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"augmentation": {"flip": True}},
        {"augmentation": {"zoom": 0.1}, "augment_head": False},
        {
            "augmentation": {"flip": True},
            "augment_head": False,
            "balance": "augmented_copies",
        },
    ],
)
def test_a_head_can_be_refitted_where_every_epoch_has_the_same_images(values):
    assert TrainingSection.model_validate({"refit": True} | values).refit
