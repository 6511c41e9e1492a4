"""Logging in, and what is said when it does not work."""

import socket

import pytest

from kubeflow.client import runs
from kubeflow.errors import PipelinesError
from tests.kubeflow.client.refusals import assert_refused

DATA = ("--param", "data=gs://site/films")


# === Not there, or something else ===


def test_without_a_host_the_way_is_said(kubeflow, monkeypatch):
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT", raising=False)
    assert_refused(kubeflow("runs"), "Which Kubeflow Pipelines?", "--host", "port-forward")


def test_nobody_answers(kubeflow):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and listening to nobody
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert_refused(kubeflow("runs", "--host", host), f"No answer from {host}", "refused")


def test_a_host_without_address(kubeflow):
    assert_refused(kubeflow("runs", "--host", "http://kfp.invalid"), "No answer from http://kfp")


# === Logins ===


def test_a_token_from_a_file_or_the_environment(server, kubeflow, tmp_path, monkeypatch):
    server.token = "s3cret"
    assert_refused(kubeflow("runs"), "asks for a login (401)", "--token-file", "$KFP_USERNAME")
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    assert kubeflow("runs", "--token-file", file)[0] == 0
    monkeypatch.setenv("KFP_TOKEN", "s3cret")
    assert kubeflow("runs")[0] == 0
    monkeypatch.setenv("KFP_TOKEN", "wr0ng")
    result = kubeflow("runs")
    assert_refused(result, "does not accept this login (401)")
    assert "wr0ng" not in result[2]


@pytest.mark.parametrize(("content", "reason"), [(None, "can't be read"), ("\n", "is empty")])
def test_a_token_file_without_token(server, kubeflow, tmp_path, content, reason):
    file = tmp_path / "token"
    if content:
        file.write_text(content)
    assert_refused(kubeflow("runs", "--token-file", file), reason)
    assert server.requests == []


def test_the_token_of_a_pod_is_read_again_for_each_request(
    server, kubeflow, package, tmp_path, monkeypatch
):
    file = tmp_path / "pod-token"
    file.write_text("first")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(file))
    assert kubeflow("submit", package, *DATA)[0] == 0
    tokens = {headers["authorization"] for _, _, headers in server.requests}
    assert tokens == {"Bearer first"}


def test_a_login_that_ends_while_a_run_is_watched_is_told(server, connection):
    server.web_page = True
    with pytest.raises(PipelinesError, match="the login has probably ended"):
        runs.get(connection, "some-run")


# === Namespaces ===


def test_a_namespace_is_asked_for_where_users_are_kept_apart(
    server, kubeflow, package, monkeypatch
):
    server.multi_user = True
    assert_refused(kubeflow("runs"), "name your namespace", "--namespace")
    monkeypatch.setenv("KFP_NAMESPACE", "ada")
    assert kubeflow("submit", package, *DATA)[0] == 0
    assert server.pipelines[0]["namespace"] == server.runs[0]["namespace"] == "ada"
    assert "chest" in kubeflow("runs")[1]
    assert kubeflow("runs", "--namespace", "grace")[1] == "No runs.\n"


def test_a_namespace_without_right(server, kubeflow, package):
    server.multi_user, server.forbidden = True, {"grace"}
    result = kubeflow("runs", "--namespace", "grace")
    assert_refused(result, "You may not list the runs in the namespace 'grace' (403)", "no role in")


def test_a_namespace_does_no_harm_where_there_is_one_user(server, kubeflow, package):
    assert kubeflow("submit", package, *DATA, "--namespace", "ada")[0] == 0
    assert "chest" in kubeflow("runs", "--namespace", "ada")[1]
    assert server.pipelines[0]["namespace"] == ""
