"""Folders are enough: nothing is loaded."""

import pytest

from components.runtime.errors import VersionError
from components.saved_model.manifest import write_manifest
from serving.promotion.label_move import PromotionTarget
from serving.promotion.model_selection import choose_model, choose_version, label_to_ask
from serving.promotion.promote import Approval, promote
from serving.protocol.errors import ServingError


@pytest.fixture
def models(tmp_path):
    for version in (1, 7, 9):
        folder = tmp_path / "models" / "chest" / str(version)
        folder.mkdir(parents=True)
        write_manifest(folder)
    return tmp_path / "models"


def make_stable(models, version, label="stable"):
    promote(
        PromotionTarget(models, models / "models.config"), "chest", version, label, Approval("me")
    )


def test_the_only_model_needs_no_name(models):
    assert choose_model(models) == "chest"
    assert choose_model(models, "any") == "any"
    (models / "other").mkdir()
    with pytest.raises(VersionError, match=r"chest, other\. Name it with --model"):
        choose_model(models)
    with pytest.raises(VersionError, match="No model has been pushed to"):
        choose_model(models / "nowhere")


def test_the_version_is_the_one_that_clinics_are_answered_with(models):
    assert choose_version(models / "chest") == 9
    make_stable(models, 7)
    make_stable(models, 9, "canary")
    assert choose_version(models / "chest") == 7
    assert choose_version(models / "chest", 9) == 9


def test_a_version_that_is_not_served_is_a_sentence(models):
    (models / "chest" / "withdrawn").mkdir()
    (models / "chest" / "9").rename(models / "chest" / "withdrawn" / "9")
    assert choose_version(models / "chest") == 7
    with pytest.raises(VersionError, match=r"version 9 .*withdrawn: \[9\]\. `medtfx rollback"):
        choose_version(models / "chest", 9)
    with pytest.raises(VersionError, match="No model 'chst'"):
        choose_version(models / "chst")


def test_stable_is_asked_for_once_something_has_been_promoted_to_it(models):
    assert label_to_ask(models, "chest", None, None) is None
    make_stable(models, 9, "canary")
    assert label_to_ask(models, "chest", None, None) is None
    make_stable(models, 7)
    assert label_to_ask(models, "chest", None, None) == "stable"
    assert label_to_ask(models, "other", None, None) is None


def test_what_the_user_says_goes_before(models):
    make_stable(models, 7)
    assert label_to_ask(models, "chest", 9, None) is None
    assert label_to_ask(models, "chest", None, "canary") == "canary"


def test_labels_that_can_not_be_read_are_not_passed_over(models):
    (models / "models.config").write_text("no such field")
    with pytest.raises(ServingError):
        label_to_ask(models, "chest", None, None)
