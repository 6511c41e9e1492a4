import pytest

from serving.client import Client
from serving.protocol.errors import TokenError
from serving.score.errors import ScoreError
from serving.score.in_process import served


def test_one_version_is_served_and_stays(base, push, dark):
    push(base, 2)
    with (
        served(base / "tiny", 1) as (address, token),
        Client(address, "tiny", token=token) as client,
        Client(address, "tiny") as stranger,
    ):
        with pytest.raises(TokenError, match="none was shown"):
            stranger.predict([dark])
        push(base, 3)
        (answer,) = client.predict([dark])
        assert (answer.version, answer.label) == (1, "dark")
        assert [status.version for status in client.status()] == [1]


def test_a_broken_version_is_a_sentence(base):
    (base / "tiny" / "2").mkdir()
    (base / "tiny" / "2" / "saved_model.pb").write_bytes(b"junk")
    with pytest.raises(ScoreError, match=r"tiny/2 can't be loaded: .*Run the recipe again"):
        served(base / "tiny", 2).__enter__()
