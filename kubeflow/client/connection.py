"""A connection to the REST API of Kubeflow Pipelines, v2beta1.

The API is asked directly: KFP's own client takes a second to import, waits for ever for an answer,
and differs between the versions of the stacks.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from kubeflow.client.api_errors import answer_expected, explain
from kubeflow.client.probe import Login, is_multi_user
from kubeflow.client.settings import Settings
from kubeflow.errors import PipelinesError

API = "/apis/v2beta1"
# To connect, and between two parts of the answer.
TIMEOUT_SECONDS = (10, 120)
_PAGE = 100


@dataclass(frozen=True)
class Connection:
    """A client that is logged in.

    Attributes:
        host: of Kubeflow Pipelines.
        namespace: the user's; empty where the installation has one user.
        login: sets the headers of a request.
        ca_cert: file with the certificates to trust.
    """

    host: str
    namespace: str
    login: Login = field(repr=False)
    ca_cert: str | None = None

    def call(
        self,
        doing: str,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        file: Path | None = None,
    ) -> dict[str, Any]:
        """Sends a request and returns the answer.

        Args:
            doing: what the request is for, for messages: `list the runs`.
            method: `GET`, `POST` or `DELETE`.
            path: below the API, e.g. `/runs`.
            query: name → value; empty values are left out.
            body: sent as JSON.
            file: sent as `uploadfile` of a form.

        Raises:
            PipelinesError: no answer, or a refusal.
        """
        answer = self._send(
            doing,
            method,
            f"{API}{path}",
            params={name: value for name, value in (query or {}).items() if value},
            json=body,
            files={"uploadfile": (file.name, file.read_bytes())} if file else None,
        )
        try:
            return dict(answer.json())
        except (ValueError, TypeError):
            raise PipelinesError(
                f"{self.host} answers with a page where it should {doing}: the login has probably "
                "ended. A run goes on; the same command shows it again."
            ) from None

    def text(self, doing: str, path: str) -> str:
        """Returns an answer that is no JSON.

        Args:
            doing: for messages.
            path: with the version of the API, e.g. `/apis/v1alpha1/...`.

        Raises:
            PipelinesError: no answer, or a refusal.
        """
        return self._send(doing, "GET", path).content.decode(errors="replace")

    def items(
        self, doing: str, path: str, key: str, query: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yields the items of a list, newest first, which the server sends page by page.

        Args:
            doing: for messages.
            path: below the API.
            key: of the answer, under which the items are.
            query: beside the namespace.
        """
        asked = {"page_size": _PAGE, "sort_by": "created_at desc", **(query or {})}
        token = ""
        while True:
            answer = self.call(doing, "GET", path, query=asked | {"page_token": token})
            yield from answer.get(key) or []
            token = answer.get("next_page_token", "")
            if not token:
                return

    def find(self, doing: str, kind: str, name: str) -> dict[str, Any] | None:
        """Returns the pipeline or experiment of a name in the user's namespace, if there is one.

        Args:
            doing: for messages.
            kind: `pipelines` or `experiments`.
            name: shown on KFP's page.
        """
        predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
        query = {
            "namespace": self.namespace,
            "filter": json.dumps({"predicates": [predicate]}),
        }
        found = self.call(doing, "GET", f"/{kind}", query=query).get(kind)
        return found[0] if found else None

    def _send(self, doing: str, method: str, path: str, **given: Any) -> requests.Response:
        with answer_expected(self.host):
            answer = requests.request(
                method,
                f"{self.host}{path}",
                auth=self.login,
                verify=self.ca_cert or True,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **given,
            )
        if answer.status_code >= 400:
            raise explain(answer, doing, self.host, self.namespace)
        return answer

    def link(self, path: str) -> str:
        """Returns the address of a page of Kubeflow Pipelines' own web interface."""
        return f"{self.host}/#/{path}"


def connect(settings: Settings) -> Connection:
    """Logs in and makes sure that it is Kubeflow Pipelines v2.

    Raises:
        PipelinesError: no answer, a refused login, another kind of server, or no namespace where
            one is needed.
    """
    cookie = settings.cookie
    if settings.username and settings.password and not (cookie or settings.token):
        from kubeflow.client.dex import log_in

        cookie = log_in(
            settings.host,
            settings.username,
            settings.password,
            ca_cert=settings.ca_cert,
            connector=settings.connector,
        )

    def login(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(_headers(settings, cookie))
        return request

    tried = bool(_headers(settings, cookie))
    multi_user = is_multi_user(settings.host, login, settings.ca_cert, tried=tried)
    if multi_user and not settings.namespace:
        raise PipelinesError(
            f"{settings.host} keeps its users apart: name your namespace (your Kubeflow profile) "
            "with --namespace or $KFP_NAMESPACE."
        )
    namespace = settings.namespace if multi_user else ""
    return Connection(settings.host, namespace, login, settings.ca_cert)


def _headers(settings: Settings, cookie: str | None) -> dict[str, str]:
    token = settings.token
    if not token and not cookie and settings.pod_token:
        token = Path(settings.pod_token).read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return headers | ({"Cookie": cookie} if cookie else {})
