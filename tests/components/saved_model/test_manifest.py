import hashlib
import json

import pytest

from components.saved_model.manifest import (
    MANIFEST,
    ChangedModelError,
    check_files,
    differences,
    digest_files,
)
from tests.signing import CHANGES, write_model


def test_every_file_has_its_digest(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "index").write_bytes(b"one")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert digest_files(tmp_path) == {
        "saved_model.pb": hashlib.sha256(b"").hexdigest(),
        "variables/index": hashlib.sha256(b"one").hexdigest(),
    }


def test_a_long_file_is_read_to_its_end(tmp_path):
    content = bytes(3_000_000)
    (tmp_path / "long").write_bytes(content)
    assert digest_files(tmp_path) == {"long": hashlib.sha256(content).hexdigest()}


def test_a_missing_folder_has_no_files(tmp_path):
    assert digest_files(tmp_path / "nowhere") == {}


def test_differences_name_each_file():
    expected, found = {"a": "1", "b": "2", "same": "3"}, {"b": "4", "c": "5", "same": "3"}
    assert differences(expected, found) == ["a is missing", "b was changed", "c was added"]
    assert differences(expected, expected) == []


# === The file ===


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model")


def test_the_manifest_states_all_files_but_itself(model):
    written = json.loads((model / MANIFEST).read_text())
    assert written == {"files": digest_files(model)}
    assert sorted(written["files"]) == [
        "assets/labels.txt",
        "saved_model.pb",
        "variables/variables.index",
    ]
    check_files(model)


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_refused_with_the_name_of_the_file(model, change):
    CHANGES[change](model)
    with pytest.raises(ChangedModelError) as error:
        check_files(model)
    assert change in str(error.value)


def test_a_version_without_a_manifest_is_refused_with_the_remedy(model):
    (model / MANIFEST).unlink()
    with pytest.raises(ChangedModelError, match=r"has no assets.extra/manifest.json.*--prune"):
        check_files(model)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "\ufffd"])
def test_a_broken_manifest_is_refused(model, content):
    (model / MANIFEST).write_text(content)
    with pytest.raises(ChangedModelError, match=r"manifest\.json lists"):
        check_files(model)
