"""The errors of the connection to Kubeflow Pipelines, in sentences."""

import contextlib
import json
from collections.abc import Iterator

import requests

from kubeflow.errors import PipelinesError

WAYS_TO_LOG_IN = (
    "Ways to log in: --token-file FILE or $KFP_TOKEN (a token), $KFP_USERNAME and $KFP_PASSWORD "
    "(Dex), $KFP_COOKIE (a session's cookie); inside the cluster the service account's token is "
    "found by itself."
)


def explain(answer: requests.Response, doing: str, host: str, namespace: str) -> PipelinesError:
    """Returns the error for an answer of 400 or more.

    Args:
        answer: of the server.
        doing: what was attempted, e.g. `upload the pipeline`.
        host: of Kubeflow Pipelines.
        namespace: in which it was attempted; empty on an installation for one user.
    """
    message, status = _message(answer.text), answer.status_code
    if status == 401:
        return PipelinesError(f"{host} refused the login (401). {WAYS_TO_LOG_IN}")
    if status == 403:
        where = f" in the namespace {namespace!r}" if namespace else ""
        return PipelinesError(
            f"You may not {doing}{where} (403): {message} Ask the owner of the namespace, or name "
            "another one with --namespace."
        )
    return PipelinesError(f"Kubeflow Pipelines would not {doing} ({status}): {message}")


@contextlib.contextmanager
def answer_expected(host: str) -> Iterator[None]:
    """Has a request in the block raise our error where no answer comes.

    Raises:
        PipelinesError: the host does not answer, or its certificate is not trusted.
    """
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise PipelinesError(
            f"The certificate of {host} is not trusted: name the file of its authority with "
            f"--ca-cert. ({_innermost(error)})"
        ) from None
    except (requests.RequestException, OSError) as error:
        raise PipelinesError(
            f"No answer from {host}: {_innermost(error)}. Check --host, and that the port-forward "
            "or the network to the cluster is up."
        ) from None


def _innermost(error: BaseException) -> str:
    """Digs the reason out of nested connection errors, which print their whole pool."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _innermost(reason)
    inner = next((part for part in error.args if isinstance(part, BaseException)), None)
    if inner is not None:
        return _innermost(inner)
    text = getattr(error, "strerror", None) or str(error.args[-1] if error.args else error)
    return str(text).rsplit(">: ", 1)[-1].rstrip(".")


def _message(text: str) -> str:
    """Returns the server's own message, whose key it spells in three ways."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if isinstance(values, dict):
        # An upload has a general message in one key and a detailed one in another.
        keys = ("error_message", "error_details", "message", "error")
        found = [str(values[key]) for key in keys if values.get(key)]
        kept = list(dict.fromkeys(found))[:2] if "error_message" in values else found[:1]
        text = " ".join(_sentence(part) for part in kept) or text
    elif "<html" in text.lower():
        text = "the answer is a web page, so it does not come from Kubeflow Pipelines itself."
    return _sentence(text[:600])


def _sentence(text: str) -> str:
    text = " ".join(text.split()) or "no reason given"
    return text if text.endswith((".", "!", "?")) else f"{text}."
