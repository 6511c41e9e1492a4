import shutil
import threading

import pytest

from components.saved_model.manifest import write_manifest
from serving.embedded.models.versions import ServedVersion, State


@pytest.fixture
def make():
    """Makes versions that are unloaded after the test."""
    made = []

    def version(folder, first_pause=0.05):
        made.append(ServedVersion("tiny", 1, folder, 0, first_pause))
        return made[-1]

    yield version
    for one in made:
        one.unload()


def state(version):
    return State.Name(version.state)


def test_life(make, tiny_model):
    version = make(tiny_model)
    assert state(version) == "START" and version.waiting
    assert version.load()
    assert state(version) == "AVAILABLE" and version.available
    with version.acquire() as model:
        assert "serving_default" in model.signatures
    version.unload()
    assert state(version) == "END" and version.ended
    with version.acquire() as model:
        assert model is None


def test_a_folder_without_a_graph_is_not_tried(make, tmp_path, tiny_model):
    shutil.copytree(tiny_model / "variables", tmp_path / "variables")
    version = make(tmp_path)
    assert not version.load()
    assert (state(version), version.error) == ("START", "")


def test_a_changed_version_is_not_loaded_and_the_status_names_the_file(make, tmp_path, tiny_model):
    shutil.copytree(tiny_model, tmp_path, dirs_exist_ok=True)
    (tmp_path / "extra.so").touch()
    version = make(tmp_path, first_pause=1000)
    assert not version.load()
    assert state(version) == "LOADING" and "extra.so was added" in version.error
    (tmp_path / "extra.so").unlink()
    assert version.load()


def test_pauses_grow(make, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"junk")
    version = make(tmp_path, first_pause=0.0)
    version._pause = 20.0
    for pause in (40.0, 60.0, 60.0):
        version._try_at = 0.0
        assert not version.load()
        assert version._pause == pause


def test_failing_warm_up_keeps_it_from_serving(make, tmp_path, tiny_model):
    shutil.copytree(tiny_model, tmp_path, dirs_exist_ok=True)
    (tmp_path / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"junk" * 9)
    write_manifest(tmp_path)
    version = make(tmp_path)
    assert not version.load()
    assert "warmup" in version.error and version.error_code == 15


def test_unloading_waits_for_requests(make, tiny_model):
    version = make(tiny_model)
    version.load()
    with version.acquire() as model:
        thread = threading.Thread(target=version.unload)
        thread.start()
        thread.join(0.1)
        assert thread.is_alive() and state(version) == "UNLOADING"
        assert model.signatures and model._session is not None
        with version.acquire() as late:
            assert late is None
    thread.join(5)
    assert state(version) == "END"


def test_retiring_what_never_loaded(make, tmp_path):
    version = make(tmp_path)
    version.retire()
    assert version.ended
