import pytest

from components.runtime.environment import RELOAD_TOKEN, SERVING_TOKEN
from serving.protocol.errors import ServingError
from serving.protocol.token import metadata_of, read_token, reload_token

TOKEN = "a-token-of-some-length"


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    for variable in (SERVING_TOKEN, RELOAD_TOKEN):
        monkeypatch.delenv(variable.name, raising=False)


def test_metadata():
    assert metadata_of(None) == ()
    assert metadata_of(TOKEN) == (("authorization", f"Bearer {TOKEN}"),)


def test_a_token_is_made_once_and_for_its_owner_alone(tmp_path):
    token = reload_token(tmp_path)
    file = tmp_path / "reload.token"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(token) > 32 and reload_token(tmp_path) == read_token(file) == token


def test_one_of_the_environment_is_preferred(tmp_path, monkeypatch):
    monkeypatch.setenv(RELOAD_TOKEN.name, TOKEN)
    assert reload_token(tmp_path) == TOKEN
    assert list(tmp_path.iterdir()) == []


def test_the_token_for_predictions_is_another(tmp_path, monkeypatch):
    monkeypatch.setenv(SERVING_TOKEN.name, TOKEN)
    assert reload_token(tmp_path) != TOKEN


def test_a_token_that_others_can_read_is_refused(tmp_path):
    reload_token(tmp_path)
    (tmp_path / "reload.token").chmod(0o640)
    with pytest.raises(ServingError, match="others can read"):
        reload_token(tmp_path)


@pytest.mark.parametrize("text", ["", "short", "a token\nof several lines"])
def test_a_file_without_a_token(tmp_path, text):
    reload_token(tmp_path)
    (tmp_path / "reload.token").write_text(text)
    with pytest.raises(ServingError, match="holds no token"):
        reload_token(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ServingError, match=r"can't be written.*MEDTFX_RELOAD_TOKEN"):
        reload_token(tmp_path / "none")
