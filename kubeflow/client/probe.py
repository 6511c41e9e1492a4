"""Checks that a host is Kubeflow Pipelines v2, before anything is sent there."""

from collections.abc import Callable

import requests

from kubeflow.client.api_errors import WAYS_TO_LOG_IN, answer_expected
from kubeflow.errors import PipelinesError

TIMEOUT = (10, 30)
HEALTH = "/apis/v2beta1/healthz"
HEALTH_V1 = "/apis/v1beta1/healthz"
PORT_FORWARD = "kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888"
# Sets the headers that log in. Without one, requests takes a login from ~/.netrc.
Login = Callable[[requests.PreparedRequest], requests.PreparedRequest]


def is_multi_user(
    host: str, login: Login, ca_cert: str | None = None, *, tried: bool = False
) -> bool:
    """Returns whether the installation keeps users apart by namespace.

    Args:
        host: with scheme, without a slash at the end.
        login: sets the headers of a request.
        ca_cert: file with the certificates to trust.
        tried: whether there is a login at all, for the message of a refusal.

    Raises:
        PipelinesError: no answer, the login is refused, or it is not Kubeflow Pipelines v2.
    """
    answer = _get(host, HEALTH, login, ca_cert)
    if answer.is_redirect or answer.status_code in (401, 403):
        raise PipelinesError(_refusal(host, answer, tried))
    values = _json(answer)
    if answer.ok and values is not None:
        return bool(values.get("multi_user"))
    if answer.status_code == 404:
        old = _get(host, HEALTH_V1, login, ca_cert)
        if old.ok and _json(old) is not None:
            raise PipelinesError(
                f"{host} is Kubeflow Pipelines, but speaks only its first API: it has no "
                f"{HEALTH}. Packages of medtfx need version 2.0 or newer."
            )
    raise PipelinesError(
        f"{host} is not Kubeflow Pipelines: {HEALTH} answers {answer.status_code} with "
        f"{answer.headers.get('Content-Type', 'no type')!r}. Behind Kubeflow's gateway the address "
        f"ends in /pipeline; without a gateway: {PORT_FORWARD}, and --host http://localhost:8888"
    )


def _get(host: str, path: str, login: Login, ca_cert: str | None) -> requests.Response:
    with answer_expected(host):
        return requests.get(
            host + path, auth=login, verify=ca_cert or True, timeout=TIMEOUT, allow_redirects=False
        )


def _json(answer: requests.Response) -> dict | None:
    try:
        values = answer.json()
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _refusal(host: str, answer: requests.Response, tried: bool) -> str:
    what = "does not accept this login" if tried else "asks for a login"
    if answer.is_redirect:
        page = answer.headers["Location"].split("?")[0]
        return f"{host} {what}: it redirects to {page}. {WAYS_TO_LOG_IN}"
    return f"{host} {what} ({answer.status_code}). {WAYS_TO_LOG_IN}"
