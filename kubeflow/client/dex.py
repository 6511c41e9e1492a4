"""Logs in through Dex, as a browser does, and returns the session's cookie."""

import re
from urllib.parse import urlsplit

import requests

from kubeflow.client.api_errors import WAYS_TO_LOG_IN, answer_expected
from kubeflow.errors import PipelinesError

TIMEOUT = (10, 30)


def log_in(
    host: str, username: str, password: str, *, ca_cert: str | None = None, connector: str = "local"
) -> str:
    """Returns a `Cookie` header for a user that Dex knows.

    Args:
        host: of Kubeflow Pipelines, behind Kubeflow's gateway.
        username: often an e-mail address.
        password: sent to Dex's form only.
        ca_cert: file with the certificates to trust.
        connector: how Dex checks the password: `local` or `ldap`.

    Raises:
        PipelinesError: there is no login page, or it refuses.
    """
    with requests.Session() as session, answer_expected(host):
        session.verify = ca_cert or True
        page = _form(session, host, connector)
        if urlsplit(host).scheme == "https" and urlsplit(page.url).scheme != "https":
            raise PipelinesError(
                f"The login page {_plain(page.url)} is not https: no password was sent."
            )
        answer = session.post(
            page.url, data={"login": username, "password": password}, timeout=TIMEOUT
        )
        if _plain(answer.url).endswith("/approval"):
            answer = session.post(answer.url, data={"approval": "approve"}, timeout=TIMEOUT)
        if not answer.history:  # Dex shows its form again, with status 200 or 401
            raise PipelinesError(
                f"Dex refused the login of {username!r}. Check $KFP_USERNAME and $KFP_PASSWORD."
            )
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def _form(session: requests.Session, host: str, connector: str) -> requests.Response:
    page = session.get(host, timeout=TIMEOUT)
    if page.status_code in (401, 403):  # oauth2-proxy that does not redirect to its login page
        parts = urlsplit(host)
        start = f"{parts.scheme}://{parts.netloc}/oauth2/start"
        page = session.get(start, params={"rd": parts.path or "/"}, timeout=TIMEOUT)
    parts = urlsplit(page.url)
    if parts.path.endswith("/auth"):  # Dex asks which connector
        parts = parts._replace(path=f"{parts.path}/{connector}")
        page = session.get(parts.geturl(), timeout=TIMEOUT)
    if not page.ok or not re.search(r"name=[\"']?password", page.text):
        raise PipelinesError(
            f"$KFP_USERNAME is set, but {host} leads to no login page of Dex (it led to "
            f"{_plain(page.url)}, {page.status_code}). {WAYS_TO_LOG_IN}"
        )
    return page


def _plain(url: str) -> str:
    """Returns the address without its query, which may hold a login's state."""
    return url.split("?")[0]
