import pytest

from components.errors import VersionError
from serving.client import Client
from serving.score.errors import ScoreError
from serving.score.in_process import choose_model, choose_version, served


def test_one_version_is_served_and_stays(base, push, dark):
    push(base, 2)
    with served(base / "tiny", 1) as address, Client(address, "tiny") as client:
        push(base, 3)
        (answer,) = client.predict([dark])
        assert (answer.version, answer.label) == (1, "dark")
        assert [status.version for status in client.status()] == [1]


def test_a_broken_version_is_a_sentence(base):
    (base / "tiny" / "2").mkdir()
    (base / "tiny" / "2" / "saved_model.pb").write_bytes(b"junk")
    with pytest.raises(ScoreError, match=r"tiny/2 can't be loaded: .*Push it again"):
        served(base / "tiny", 2).__enter__()


def test_the_only_model_needs_no_name(base, push, tmp_path):
    assert choose_model(base) == "tiny"
    assert choose_model(base, "any") == "any"
    push(base, 1, model="other")
    with pytest.raises(ScoreError, match=r"other, tiny\. Name it with --model"):
        choose_model(base)
    with pytest.raises(ScoreError, match="No model has been pushed to"):
        choose_model(tmp_path / "nowhere")


def test_the_version_is_the_one_a_server_would_take(base, push):
    push(base, 7)
    assert choose_version(base / "tiny") == 7
    assert choose_version(base / "tiny", 1) == 1
    (base / "tiny" / "withdrawn").mkdir()
    (base / "tiny" / "7").rename(base / "tiny" / "withdrawn" / "7")
    assert choose_version(base / "tiny") == 1
    with pytest.raises(VersionError, match=r"version 7 .*withdrawn: \[7\]\. `medtfx rollback tiny"):
        choose_version(base / "tiny", 7)
    with pytest.raises(VersionError, match="No model 'tny'"):
        choose_version(base / "tny")
