"""Asks a host whether it is Kubeflow Pipelines v2, before anything is sent there."""

import requests

from kubeflow.client.api_errors import WAYS_TO_LOG_IN, unreachable
from kubeflow.errors import PipelinesError

TIMEOUT = (10, 30)
HEALTH = "/apis/v2beta1/healthz"
HEALTH_V1 = "/apis/v1beta1/healthz"
PORT_FORWARD = "kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888"


def is_multi_user(host: str, headers: dict[str, str], ca_cert: str | None = None) -> bool:
    """Returns whether the installation keeps users apart by namespace.

    Args:
        host: with scheme, without a slash at the end.
        headers: the login.
        ca_cert: file with the certificates to trust.

    Raises:
        PipelinesError: nobody answers, the login is refused, or it is not Kubeflow Pipelines v2.
    """
    answer = _get(host, HEALTH, headers, ca_cert)
    if answer.is_redirect or answer.status_code in (401, 403):
        raise PipelinesError(_refusal(host, answer, bool(headers)))
    values = _json(answer)
    if answer.ok and values is not None:
        return bool(values.get("multi_user"))
    if answer.status_code == 404:
        old = _get(host, HEALTH_V1, headers, ca_cert)
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


def _get(host: str, path: str, headers: dict[str, str], ca_cert: str | None) -> requests.Response:
    try:
        return requests.get(
            host + path,
            headers=headers,
            verify=ca_cert or True,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.exceptions.SSLError as error:
        raise PipelinesError(
            f"The certificate of {host} is not trusted: name the file of its authority with "
            f"--ca-cert. ({unreachable(host, error).args[0].split(': ', 1)[1].split('. Check')[0]})"
        ) from None
    except (requests.RequestException, OSError) as error:
        raise unreachable(host, error) from None


def _json(answer: requests.Response) -> dict | None:
    try:
        values = answer.json()
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _refusal(host: str, answer: requests.Response, tried: bool) -> str:
    what = "does not accept this login" if tried else "wants a login"
    if answer.is_redirect:
        place = answer.headers["Location"].split("?")[0]
        return f"{host} {what}: it sends us to {place}. {WAYS_TO_LOG_IN}"
    return f"{host} {what} ({answer.status_code}). {WAYS_TO_LOG_IN}"
