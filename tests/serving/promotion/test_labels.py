import pytest

from serving.promotion.labels import labels_of, promoted, rolled_back, served_versions, set_labels
from serving.promotion.models_config import add_model, empty_config


@pytest.mark.parametrize(
    ("before", "label", "version", "after"),
    [
        ({}, "stable", 2, {"stable": 2}),
        ({"stable": 1}, "canary", 2, {"stable": 1, "canary": 2}),
        ({"stable": 1, "canary": 2}, "stable", 2, {"stable": 2, "canary": 2, "previous": 1}),
        ({"stable": 2, "previous": 1}, "stable", 3, {"stable": 3, "previous": 2}),
        ({"stable": 2, "previous": 1}, "stable", 2, {"stable": 2, "previous": 1}),
        # The higher one would answer whoever names no label.
        ({"stable": 3, "previous": 2}, "stable", 1, {"stable": 1}),
    ],
)
def test_promoted(before, label, version, after):
    assert promoted(before, label, version) == after


@pytest.mark.parametrize(
    ("before", "label", "version", "after"),
    [
        ({"stable": 2, "previous": 1}, "stable", 1, {"stable": 1}),
        # A canary of the version that failed must not go on answering.
        ({"stable": 2, "canary": 2, "previous": 1}, "stable", 1, {"stable": 1, "canary": 1}),
        ({"stable": 2, "canary": 3}, "stable", 1, {"stable": 1, "canary": 3}),
        ({"stable": 2, "canary": 3, "previous": 1}, "canary", 2,
         {"stable": 2, "canary": 2, "previous": 1}),
    ],
)  # fmt: skip
def test_rolled_back(before, label, version, after):
    assert rolled_back(before, label, version) == after


def test_exactly_the_labelled_versions_are_served():
    model = add_model(empty_config(), "chest", "/models/chest")
    assert served_versions(model) is None  # the latest, whichever it is
    set_labels(model, {"stable": 1, "canary": 3}, versions=(2,))
    assert labels_of(model) == {"stable": 1, "canary": 3}
    assert served_versions(model) == (1, 2, 3)
    set_labels(model, {"stable": 3})
    assert (labels_of(model), served_versions(model)) == ({"stable": 3}, (3,))


def test_a_model_that_is_not_configured():
    assert (labels_of(None), served_versions(None)) == ({}, None)
