import asyncio
import time

import pytest

from serving.app.security import SESSION_COOKIE, SESSION_SECONDS, SessionAuth

TOKEN = "a-token-of-some-length"


@pytest.fixture
def guarded(make_page):
    return make_page(headers={}, token=TOKEN, hosts=("*",))


def sign_in(page, token=TOKEN):
    return page.post("/login", data={"token": token})


@pytest.mark.parametrize("path", ["/", "/status", "/samples/1/thumbnail"])
def test_without_the_token_nothing_is_shown(guarded, path):
    assert guarded.get(path).headers["Location"] == "/login"
    answer = guarded.get(path, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_without_the_token_nothing_is_asked(guarded, ask, bright, log_lines):
    assert ask(guarded, ("a", bright)).status_code == 303
    assert log_lines() == []


def test_probes_need_no_token(guarded):
    assert guarded.get("/healthz").text == "ok"
    assert guarded.get("/login").status_code == 200


def test_signing_in_and_out(guarded, ask, bright):
    cookie = sign_in(guarded).headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and TOKEN not in cookie
    assert "bright" in ask(guarded, ("a", bright)).text
    guarded.post("/logout")
    assert guarded.get("/").status_code == 303


def test_over_https_the_session_stays_there(guarded):
    answer = guarded.post("https://127.0.0.1/login", data={"token": TOKEN})
    assert "secure" in answer.headers["Set-Cookie"].lower()


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ñ"])
def test_a_wrong_token_does_not_sign_in(guarded, token):
    answer = sign_in(guarded, token)
    assert answer.status_code == 401
    assert "This is not the token" in answer.text and "Set-Cookie" not in answer.headers


def test_programs_bring_the_token_themselves(guarded, ask, bright):
    def bring(token):
        return ask(guarded, ("a", bright), headers={"Authorization": f"Bearer {token}"}).status_code

    assert (bring(TOKEN), bring("wrong")) == (200, 401)


def test_a_session_can_not_be_made_up_or_outlived(guarded, monkeypatch):
    other = SessionAuth(TOKEN).new_session()  # of another start of the page
    for forged in ("", ".", "x" * 43, other):
        guarded.cookies.set(SESSION_COOKIE, forged)
        assert guarded.get("/").status_code == 303
    guarded.cookies.clear()
    sign_in(guarded)
    assert guarded.get("/").status_code == 200
    end = time.time() + SESSION_SECONDS
    monkeypatch.setattr("serving.app.security.time.time", lambda: end + 1)
    assert guarded.get("/").status_code == 303


def test_a_cookie_that_was_signed_out_of_is_dead(guarded):
    sign_in(guarded)
    cookie = guarded.cookies[SESSION_COOKIE]
    guarded.post("/logout")
    guarded.cookies.set(SESSION_COOKIE, cookie)
    assert guarded.get("/").status_code == 303


def test_wrong_tokens_are_slowed_and_logged(monkeypatch, caplog):
    pauses = []

    async def note(seconds):
        if seconds >= 1.0:  # the server of another test may still sleep for a moment
            pauses.append(seconds)

    monkeypatch.setattr("serving.app.security.asyncio.sleep", note)
    auth = SessionAuth(TOKEN, pause=1.0)

    async def try_many():
        await asyncio.gather(*(auth.refuse() for _ in range(100)))

    asyncio.run(try_many())
    assert pauses[:9] == [1.0] * 9 and pauses[9:19] == [2.0] * 10
    assert pauses[-1] == max(pauses) == 60.0
    assert "10 wrong tokens since the last right one" in caplog.text
    auth.new_session()
    asyncio.run(auth.refuse())
    assert pauses[-1] == 1.0


@pytest.mark.parametrize("bearer", [False, True])
def test_a_wrong_token_is_refused_one_after_the_other(make_page, monkeypatch, bearer):
    refused = []
    page = make_page(headers={}, token=TOKEN, hosts=("*",))

    async def note(auth):
        refused.append(1)

    monkeypatch.setattr(SessionAuth, "refuse", note)
    if bearer:
        page.get("/", headers={"Authorization": "Bearer wrong"})
    else:
        sign_in(page, "wrong")
    sign_in(page)
    assert refused == [1]


def test_over_https_browsers_stay_there(guarded):
    assert "max-age=" in guarded.get("https://127.0.0.1/").headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in guarded.get("http://127.0.0.1/").headers


def test_a_form_without_end_is_cut_off(guarded):
    assert sign_in(guarded, "x" * 10_000).status_code == 413
