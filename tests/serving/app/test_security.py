import pytest

from serving.app.security import SESSION_COOKIE, SessionAuth

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
    end, _, signature = SessionAuth(TOKEN).new_session().partition(".")
    other = SessionAuth("another-token-altogether").new_session()
    for forged in (f"{int(end) + 1}.{signature}", f"{end}.", ".", "", other):
        guarded.cookies.set(SESSION_COOKIE, forged)
        assert guarded.get("/").status_code == 303
    guarded.cookies.set(SESSION_COOKIE, f"{end}.{signature}")
    assert guarded.get("/").status_code == 200
    monkeypatch.setattr("serving.app.security.time.time", lambda: float(end) + 1)
    assert guarded.get("/").status_code == 303


def test_a_form_without_end_is_cut_off(guarded):
    assert sign_in(guarded, "x" * 10_000).status_code == 413
