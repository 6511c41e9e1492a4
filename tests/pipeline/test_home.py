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


def test_everything_lies_below_the_root():
    home = Home(Path("/srv/medtfx"))
    places = [home.artifacts, home.models, home.runs, home.checkpoints, home.metadata_file]
    assert len(set(places)) == 5
    assert {place.parent for place in places} == {home.root}
