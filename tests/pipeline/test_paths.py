import pytest

from components.runtime.errors import DataError
from pipeline.home import Home
from pipeline.paths import PipelinePaths, absolute, data_address, recipe_of


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path / "home")


def test_by_default_everything_is_in_the_home(home):
    found = PipelinePaths.of_home(home)
    assert (found.artifacts, found.models) == (str(home.artifacts), str(home.models))
    assert (found.checkpoints, found.keys) == (str(home.checkpoints), str(home.root))
    assert found.metadata.sqlite.filename_uri == str(home.metadata_file)


@pytest.mark.parametrize("root", ["gs://bucket/x", "s3://bucket/x", "/volume"])
def test_another_root_is_that_of_artifacts_and_models_alone(home, root):
    found = PipelinePaths.of_home(home, f"{root}/")
    assert (found.artifacts, found.models) == (f"{root}/artifacts", f"{root}/models")
    assert found.pipeline_root("chest") == f"{root}/artifacts/chest"
    assert (found.checkpoints, found.keys) == (str(home.checkpoints), str(home.root))
    assert found.pipeline_name("chest") == PipelinePaths.of_home(home, root).pipeline_name("chest")


def test_each_root_has_its_own_cache_and_baseline(home):
    roots = (None, "/volume", "s3://bucket/x")
    names = [PipelinePaths.of_home(home, root).pipeline_name("chest") for root in roots]
    assert names[0] == "chest" and len(set(names)) == 3
    assert {recipe_of(name) for name in names} == {"chest"}


def test_models_may_be_pushed_elsewhere(home, tmp_path):
    found = PipelinePaths.of_home(home, None, "pushed")
    assert (found.artifacts, found.models) == (str(home.artifacts), str(tmp_path / "pushed"))


@pytest.mark.parametrize("address", ["", " "])
def test_an_empty_path_is_not_the_current_folder(address):
    with pytest.raises(DataError, match="is empty, as from a variable that is not set"):
        absolute(address)


@pytest.mark.parametrize("name", ["films [1]", "films", "film.png/x"])
def test_a_data_folder_that_is_not_there_is_not_made(tmp_path, name):
    (tmp_path / "film.png").touch()
    with pytest.raises(DataError, match="missing, or is no folder") as caught:
        data_address(str(tmp_path / name))
    assert str(tmp_path / name) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["film.png"]


def test_the_root_of_a_volume():
    assert PipelinePaths("/", "/models", "", "", None).artifacts == "/artifacts"


def test_an_address_stays_as_it_is_but_for_its_last_slash(home, tmp_path):
    assert absolute("s3://bucket/films/") == "s3://bucket/films"
    assert absolute("films/") == str(tmp_path / "films")
