import re
from pathlib import Path

import pytest

from components.runtime.errors import VersionError
from components.saved_model.manifest import ChangedModelError, write_manifest
from serving.promotion.versions import WITHDRAWN, Versions, list_versions, roll_back


@pytest.fixture
def model(tmp_path):
    """A model of the versions 8, 9, 10 and 11: as numbers they sort otherwise than as names."""
    folder = tmp_path / "chest"
    push(folder, 8, 9, 10, 11)
    return folder


def push(folder, *versions):
    for version in versions:
        (folder / str(version)).mkdir(parents=True)
        (folder / str(version) / "saved_model.pb").write_text(f"model {version}")
        write_manifest(folder / str(version))


def contents(folder):
    return sorted(path.read_text() for path in folder.rglob("saved_model.pb"))


# === List ===


def test_the_highest_number_answers(model):
    versions = list_versions(model)
    assert versions == Versions(served=(8, 9, 10, 11), withdrawn=())
    assert versions.current == 11


def test_what_is_no_version_is_not_listed(model):
    # Copies under way, a stray file, digits that TensorFlow Serving does not take for a number.
    for name in ("12.tmp", "tmp-12", "_12", "v12", "-12", "1e3", "１２", ".12", WITHDRAWN):
        (model / name).mkdir()
    (model / "13").touch()
    assert list_versions(model) == Versions((8, 9, 10, 11), ())


def test_a_model_without_versions(tmp_path):
    (tmp_path / "chest").mkdir()
    assert list_versions(tmp_path / "chest").current is None
    with pytest.raises(VersionError, match="'chest' has no version before None"):
        roll_back(tmp_path / "chest")


def test_an_unknown_model_is_told_which_there_are(model):
    push(model.parent / "tissue", 1)
    (model.parent / "notes.txt").touch()
    message = re.escape(
        f"No model 'chst' has been pushed to {model.parent}. Pushed models: chest, tissue."
    )
    with pytest.raises(VersionError, match=message):
        list_versions(model.parent / "chst")
    with pytest.raises(VersionError, match=r"Pushed models: none\."):
        list_versions(model.parent / "nowhere" / "chest")


# === Roll back ===


def test_back_to_the_one_before(model):
    assert roll_back(model) == Versions((8, 9, 10), (11,))
    assert roll_back(model) == Versions((8, 9), (10, 11))


def test_back_to_a_given_one_and_forward_again(model):
    assert roll_back(model, 8) == Versions((8,), (9, 10, 11))
    assert roll_back(model, 10) == Versions((8, 10), (9, 11))
    assert roll_back(model, 9) == Versions((8, 9), (10, 11))
    assert roll_back(model, 11) == Versions((8, 9, 11), (10,))


def test_a_rollback_to_the_current_changes_nothing(model):
    assert roll_back(model, 11) == Versions((8, 9, 10, 11), ())
    assert not (model / WITHDRAWN).exists()


def test_a_push_after_a_rollback_is_served(model):
    roll_back(model, 8)
    push(model, 12)
    assert list_versions(model).current == 12
    assert roll_back(model) == Versions((8,), (9, 10, 11, 12))


def test_nothing_is_deleted_and_no_version_changes_its_content(model):
    before = contents(model)
    for version in (8, 11, 9, 10, 8):
        roll_back(model, version)
        assert contents(model) == before
        assert (model / str(version) / "saved_model.pb").read_text() == f"model {version}"


def test_a_version_that_is_not_there_changes_nothing(model):
    roll_back(model)
    message = r"'chest' has no version 12\. Served: \[8, 9, 10\]; withdrawn: \[11\]"
    with pytest.raises(VersionError, match=message):
        roll_back(model, 12)
    assert list_versions(model) == Versions((8, 9, 10), (11,))


def test_no_version_before_the_first(model):
    roll_back(model, 8)
    with pytest.raises(VersionError, match=r"no version before 8\. .*withdrawn: \[9, 10, 11\]"):
        roll_back(model)


@pytest.mark.parametrize(("start", "wanted"), [(11, 8), (8, 9), (10, 9), (8, 11)])
def test_a_server_that_polls_sees_the_old_or_the_wanted_version(model, monkeypatch, start, wanted):
    roll_back(model, 8)  # so that every start and every goal is a move
    roll_back(model, start)
    if start == 11:
        roll_back(model, 9), roll_back(model, 10), roll_back(model, 11)
    answered = [list_versions(model).current]
    rename = Path.rename

    def rename_and_poll(path, target):
        rename(path, target)
        answered.append(list_versions(model).current)

    monkeypatch.setattr(Path, "rename", rename_and_poll)
    roll_back(model, wanted)
    assert len(answered) > 1
    assert answered[-1] == wanted
    # Never empty, and never one in between, which may be the very one that was withdrawn.
    assert set(answered) <= {start, wanted}


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_version_that_changed_is_not_rolled_back_to(model, withdrawn):
    folder = model / "9"
    if withdrawn:
        (model / WITHDRAWN).mkdir()
        folder = folder.rename(model / WITHDRAWN / "9")
    (folder / "extra.so").touch()
    before = list_versions(model)
    with pytest.raises(ChangedModelError, match=r"extra\.so was added"):
        roll_back(model, 9)
    assert list_versions(model) == before
