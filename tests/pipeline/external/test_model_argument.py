import pytest

from pipeline.external.errors import ExternalError
from pipeline.external.model_argument import ModelArgument, read_model_argument


@pytest.fixture
def models(tmp_path):
    for version in ("3", "latest"):
        (tmp_path / "chest" / version).mkdir(parents=True)
        (tmp_path / "chest" / version / "saved_model.pb").touch()
    return tmp_path


def test_a_folder_of_a_version_or_a_model(models):
    assert read_model_argument(str(models / "chest" / "3")) == ModelArgument(
        "chest", None, models, 3
    )
    assert read_model_argument(str(models / "chest")) == ModelArgument("chest", None, models)


@pytest.mark.parametrize("server", ["ai.hospital:8500", "[::1]:8500", "127.0.0.1:9000"])
def test_a_model_of_a_server(server):
    assert read_model_argument(f"{server}/chest") == ModelArgument("chest", server)


def test_a_name():
    assert read_model_argument("chest") == ModelArgument("chest")


def test_a_version_needs_a_number(models):
    with pytest.raises(ExternalError, match="its number as its name"):
        read_model_argument(str(models / "chest" / "latest"))


@pytest.mark.parametrize("text", ["", "no/such/folder", "host/chest"])
def test_anything_else_is_refused(text):
    with pytest.raises(ExternalError, match=r"holds no saved_model\.pb"):
        read_model_argument(text)
