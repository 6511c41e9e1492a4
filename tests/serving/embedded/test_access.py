import pytest

from serving.embedded.access import Access, check_exposure
from serving.embedded.status_error import StatusError
from serving.protocol.errors import ServingError

TOKEN, OTHER = "a-token-of-some-length", "another-token-of-some-length"
SHOWN = f"Bearer {TOKEN}"


@pytest.mark.parametrize("shown", [None, "", TOKEN, f"Bearer {OTHER}", f"Bearer {TOKEN} ", "ñ"])
def test_only_the_token_opens(shown):
    for check in (Access(TOKEN).check, Access(reload_token=TOKEN).check_reload):
        check(SHOWN)
        with pytest.raises(StatusError, match="Bearer TOKEN") as refused:
            check(shown)
        assert refused.value.code.name == "UNAUTHENTICATED"


def test_without_a_token_everybody_may_ask_and_nobody_may_reload():
    Access().check(None)
    for shown in (None, SHOWN):
        with pytest.raises(StatusError, match="--allow-reload"):
            Access(token=TOKEN).check_reload(shown)


def test_a_token_is_not_printed():
    assert TOKEN not in repr(Access(TOKEN, TOKEN))


@pytest.mark.parametrize(
    ("host", "encrypted", "token", "insecure"),
    [
        ("127.0.0.1", False, None, False),
        ("localhost", False, None, False),
        ("::1", False, None, False),
        ("[::1]", False, TOKEN, False),
        ("0.0.0.0", True, TOKEN, False),
        ("0.0.0.0", False, None, True),
    ],
)
def test_where_it_may_listen(host, encrypted, token, insecure):
    check_exposure(host, encrypted, token, insecure)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "serving.internal", ""])
@pytest.mark.parametrize(
    ("encrypted", "token", "missing"),
    [
        (False, None, "--certificate and --key and a token in"),
        (True, None, r"Missing: a token in \$MEDTFX_SERVING_TOKEN\."),
        (False, TOKEN, r"Missing: --certificate and --key\."),
    ],
)
def test_beyond_loopback_it_encrypts_and_asks(host, encrypted, token, missing):
    with pytest.raises(ServingError, match=missing):
        check_exposure(host, encrypted, token, insecure=False)


@pytest.mark.parametrize("access", [Access("short"), Access(TOKEN, "short")])
def test_a_short_token_is_none(access):
    with pytest.raises(ServingError, match="at least 16 characters"):
        access.check_tokens()


def test_who_may_predict_may_not_reload():
    with pytest.raises(ServingError, match=r"RELOAD_TOKEN and .*SERVING_TOKEN are the same"):
        Access(TOKEN, TOKEN).check_tokens()
    access = Access(TOKEN, OTHER)
    access.check_tokens()
    access.check(f"Bearer {OTHER}")  # but the other way round
    with pytest.raises(StatusError, match="A reload asks for the token"):
        access.check_reload(SHOWN)
