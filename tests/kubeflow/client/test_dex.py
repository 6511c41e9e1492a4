"""Logging in where Dex guards Kubeflow."""

from tests.kubeflow.client.refusals import assert_refused

DATA = ("--param", "data=gs://site/films")


def test_dex_is_passed_with_name_and_password(server, kubeflow, package, monkeypatch):
    server.users = {"ada@site.org": "pass w0rd&"}
    assert_refused(kubeflow("runs"), "asks for a login: it redirects to /dex/auth.")
    monkeypatch.setenv("KFP_USERNAME", "ada@site.org")
    monkeypatch.setenv("KFP_PASSWORD", "pass w0rd&")
    assert kubeflow("submit", package, *DATA)[0] == 0
    (session,) = server.sessions
    monkeypatch.delenv("KFP_USERNAME")
    monkeypatch.setenv("KFP_COOKIE", f"oauth2_proxy={session}")
    assert kubeflow("runs")[0] == 0
    assert len(server.sessions) == 1


def test_dex_refuses_a_wrong_password(server, kubeflow, monkeypatch):
    server.users = {"ada@site.org": "right"}
    monkeypatch.setenv("KFP_USERNAME", "ada@site.org")
    monkeypatch.setenv("KFP_PASSWORD", "wr0ng")
    result = kubeflow("runs")
    assert_refused(result, "Dex refused the login of 'ada@site.org'")
    assert "wr0ng" not in result[2]


def test_a_password_goes_to_no_page_but_a_login(server, kubeflow, monkeypatch):
    monkeypatch.setenv("KFP_USERNAME", "ada@site.org")
    monkeypatch.setenv("KFP_PASSWORD", "secret")
    assert_refused(kubeflow("runs"), "leads to no login page of Dex")
    assert {method for method, _, _ in server.requests} == {"GET"}
