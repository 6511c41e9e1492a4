import os
import stat
from pathlib import Path

from components.runtime.environment import HOME
from pipeline.home import DEFAULT_HOME, Home


def test_the_option_goes_before_the_variable_before_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME.name, raising=False)
    assert Home.at().root == tmp_path / DEFAULT_HOME
    monkeypatch.setenv(HOME.name, "/srv/medtfx")
    assert Home.at().root == Path("/srv/medtfx")
    assert Home.at("here").root == tmp_path / "here"


def test_ml_metadata_can_be_opened_in_a_new_home(tmp_path):
    import ml_metadata

    home = Home(tmp_path / "new" / "home")
    store = ml_metadata.MetadataStore(home.metadata_connection())
    assert store.get_artifacts() == [] and home.metadata_file.is_file()


def test_a_new_home_is_for_its_owner_alone(tmp_path):
    home = Home(tmp_path / "home")
    before = os.umask(0o022)
    try:
        assert home.make() == "" == home.make()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700


def test_a_home_that_others_can_use_is_named(tmp_path):
    tmp_path.chmod(0o755)
    assert f"chmod 700 {tmp_path}" in Home(tmp_path).make()
