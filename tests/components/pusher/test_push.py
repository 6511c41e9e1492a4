"""A version appears whole or not at all, on a disk and in object storage."""

import os

import pytest
from tfx.utils import io_utils

from components.pusher import push as module
from components.pusher.push import free_version, push
from components.saved_model.manifest import MANIFEST, SIGNATURE, ChangedModelError, check_files
from components.saved_model.signature import SigningError, check_model
from tests.signing import CHANGES


@pytest.fixture
def base(tmp_path):
    return tmp_path / "served" / "chest"


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_version_is_the_model_with_its_manifest(artifacts, base):
    place, signed = push(artifacts.model_folder, str(base), 7)
    assert (place, signed) == (str(base / "7"), False)
    check_files(base / "7")
    assert names(base / "7") == names(artifacts.model_folder)
    assert sorted(path.name for path in base.iterdir()) == ["7"]


def test_a_number_that_is_taken_is_left_alone(artifacts, base):
    push(artifacts.model_folder, str(base), 7)
    assert free_version(str(base), 7) == 8
    assert free_version(str(base / "nowhere"), 7) == 7


def test_nothing_is_visible_before_all_of_it_is_there(artifacts, base, monkeypatch):
    seen = []
    monkeypatch.setattr(
        module, "check_model", lambda copy: (seen.append(list(base.iterdir())), check_model(copy))
    )
    push(artifacts.model_folder, str(base), 7)
    ((beside,),) = seen
    assert beside.name.startswith(".7.") and beside.name.endswith(".part")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_nothing_behind(artifacts, base, change):
    CHANGES[change](artifacts.model_folder)
    with pytest.raises(ChangedModelError) as error:
        push(artifacts.model_folder, str(base), 7)
    assert change in str(error.value) and list(base.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(artifacts, base, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        push(artifacts.model_folder, str(base), 7)
    assert list(base.iterdir()) == []


def test_a_key_that_does_not_fit_the_one_to_verify_with(artifacts, base, keys, monkeypatch):
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    monkeypatch.setenv("MEDTFX_VERIFICATION_KEY", str(keys.other))
    with pytest.raises(ChangedModelError, match="key"):
        push(artifacts.model_folder, str(base), 7)
    assert list(base.iterdir()) == []
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private.with_name("nowhere")))
    with pytest.raises(SigningError):
        push(artifacts.model_folder, str(base), 7)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    monkeypatch.setenv("MEDTFX_VERIFICATION_KEY", str(keys.public))
    assert push(artifacts.model_folder, str(base), 7)[1]
    assert (base / "7" / SIGNATURE).is_file()


def test_in_object_storage_the_graph_and_then_the_manifest_come_last(artifacts, base, monkeypatch):
    # A folder in place of object storage: what counts is the order of the files.
    written = []
    copy_dir, copy_file = io_utils.copy_dir, io_utils.copy_file

    def dir_too(source, place, **options):
        copy_dir(source, place, **options)
        written.extend(names(base / "7"))

    def file_too(source, place):
        copy_file(source, place)
        written.append(os.path.relpath(place, base / "7"))

    monkeypatch.setattr(module, "is_remote", lambda _: True)
    monkeypatch.setattr(io_utils, "copy_dir", dir_too)
    monkeypatch.setattr(io_utils, "copy_file", file_too)
    push(artifacts.model_folder, str(base), 7)
    assert written == [
        "assets/labels.txt",
        "variables/variables.index",
        "saved_model.pb",
        MANIFEST,
    ]
    check_files(base / "7")
