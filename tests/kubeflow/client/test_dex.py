"""Logging in where Dex guards Kubeflow."""

import ssl

from tests.doubles.kfp_api_server import start
from tests.kubeflow.client.refusals import assert_refused
from tests.serving.certificates import Authority

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


def test_a_certificate_that_is_not_trusted_names_the_option(
    server, kubeflow, tmp_path, monkeypatch
):
    http, pair = start(server), Authority(tmp_path).issue()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    monkeypatch.setenv("KFP_USERNAME", "ada@site.org")
    monkeypatch.setenv("KFP_PASSWORD", "secret")
    host = f"https://127.0.0.1:{http.server_port}"
    assert_refused(kubeflow("runs", "--host", host), f"certificate of {host}", "--ca-cert")
    http.shutdown()
    http.server_close()
