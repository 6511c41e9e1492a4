"""A connection to Kubeflow Pipelines: where it is, who asks, and what to say when it refuses."""

import contextlib
import io
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubeflow.client.api_errors import explain, unreachable
from kubeflow.errors import PipelinesError

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
POD_HOST = "http://ml-pipeline-ui.kubeflow.svc.cluster.local"
POD_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"
REQUEST_SECONDS = (10, 120)


@dataclass(frozen=True)
class Settings:
    """Where Kubeflow Pipelines is and who asks. Secrets do not show when it is printed.

    Attributes:
        host: with scheme, without a slash at the end.
        namespace: the user's; empty where the installation has one user.
        token: sent as bearer.
        pod_token: file of a service account's token, read anew for each request.
        cookie: of a session that is logged in.
        username: for Dex, with `password`.
        password: for Dex.
        connector: of Dex: `local` or `ldap`.
        ca_cert: file with the certificates to trust.
    """

    host: str
    namespace: str = ""
    token: str | None = field(default=None, repr=False)
    pod_token: str | None = None
    cookie: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connector: str = "local"
    ca_cert: str | None = None


def read_settings(
    host: str | None = None,
    namespace: str | None = None,
    token_file: Path | None = None,
    ca_cert: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Completes what the command line says from the environment and, in a pod, from the cluster.

    Raises:
        PipelinesError: no host is known, or a file can't be read.
    """
    in_pod = POD_NAMESPACE.is_file()
    host = host or environment.get("KF_PIPELINES_ENDPOINT") or (POD_HOST if in_pod else None)
    if not host:
        raise PipelinesError(
            "Which Kubeflow Pipelines? Give --host URL or $KF_PIPELINES_ENDPOINT, for example "
            "http://localhost:8888 after kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888"
        )
    if "://" not in host:
        host = f"https://{host}"
    namespace = namespace or environment.get("KFP_NAMESPACE")
    pod_token = environment.get("KF_PIPELINES_SA_TOKEN_PATH", POD_TOKEN)
    bundle = environment.get("KFP_CA_CERT") or environment.get("REQUESTS_CA_BUNDLE")
    certificates = str(ca_cert) if ca_cert else bundle
    if certificates and not Path(certificates).is_file():
        raise PipelinesError(f"--ca-cert names {certificates!r}, and no file is there.")
    return Settings(
        host=host.rstrip("/"),
        namespace=namespace or (POD_NAMESPACE.read_text().strip() if in_pod else ""),
        token=_token(token_file, environment),
        pod_token=pod_token if Path(pod_token).is_file() else None,
        cookie=environment.get("KFP_COOKIE"),
        username=environment.get("KFP_USERNAME"),
        password=environment.get("KFP_PASSWORD"),
        connector=environment.get("KFP_DEX_CONNECTOR", "local"),
        ca_cert=certificates,
    )


def _token(file: Path | None, environment: Mapping[str, str]) -> str | None:
    named = str(file) if file else environment.get("KFP_TOKEN_FILE")
    if not named:
        return environment.get("KFP_TOKEN")
    try:
        token = Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PipelinesError(f"The token file {named!r} can't be read: {error}") from None
    if not token:
        raise PipelinesError(f"The token file {named!r} is empty.")
    return token


@dataclass(frozen=True)
class Connection:
    """A client that is logged in.

    Attributes:
        host: of Kubeflow Pipelines.
        namespace: the user's; empty where the installation has one user.
        client: a `kfp.Client`.
    """

    host: str
    namespace: str
    client: Any = field(repr=False)

    @contextlib.contextmanager
    def to(self, doing: str) -> Iterator[Any]:
        """Yields the client for one request; what goes wrong becomes a sentence.

        Args:
            doing: what the request is for, e.g. `list the runs`.

        Raises:
            PipelinesError: no answer, or a refusal.
        """
        from kfp_server_api import ApiException
        from urllib3.exceptions import HTTPError

        try:
            # kfp prints links, for a notebook's sake.
            with contextlib.redirect_stdout(io.StringIO()):
                yield self.client
        except ApiException as error:
            raise explain(error, doing, self.host, self.namespace) from None
        except HTTPError as error:
            raise unreachable(self.host, error) from None

    def link(self, path: str) -> str:
        """Returns the address of a page of Kubeflow Pipelines' own web interface."""
        return f"{self.host}/#/{path}"


def connect(settings: Settings) -> Connection:
    """Logs in and makes sure that it is Kubeflow Pipelines v2.

    Raises:
        PipelinesError: no answer, a refused login, another kind of server, or no namespace where
            one is needed.
    """
    from kubeflow.client.probe import is_multi_user

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
    multi_user = is_multi_user(settings.host, _headers(settings, cookie), settings.ca_cert)
    if multi_user and not settings.namespace:
        raise PipelinesError(
            f"{settings.host} keeps its users apart: name your namespace (your Kubeflow profile) "
            "with --namespace or $KFP_NAMESPACE."
        )
    namespace = settings.namespace if multi_user else ""
    return Connection(settings.host, namespace, _client(settings, cookie, namespace))


def _headers(settings: Settings, cookie: str | None) -> dict[str, str]:
    token = settings.token
    if not token and not cookie and settings.pod_token:
        token = Path(settings.pod_token).read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return headers | ({"Cookie": cookie} if cookie else {})


def _client(settings: Settings, cookie: str | None, namespace: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kfp tells each time which servers it can talk to
        import kfp
        from kfp.client import ServiceAccountTokenVolumeCredentials
        from requests.utils import get_environ_proxies, select_proxy

        in_pod = settings.pod_token and not settings.token and not cookie
        client = kfp.Client(
            host=settings.host,
            namespace=namespace,
            existing_token=settings.token,
            cookies=cookie,
            credentials=(
                ServiceAccountTokenVolumeCredentials(settings.pod_token) if in_pod else None
            ),
            ssl_ca_cert=settings.ca_cert,
            proxy=select_proxy(settings.host, get_environ_proxies(settings.host)),
        )
    # No public name leads there that both versions of the SDK have.
    _give_up_in_time(client._run_api.api_client.rest_client)
    return client


def _give_up_in_time(rest_client: Any) -> None:
    """Sets a limit to every request: the generated client would wait for ever by default."""
    request = rest_client.request

    def limited(*arguments: Any, **options: Any) -> Any:
        options["_request_timeout"] = options.get("_request_timeout") or REQUEST_SECONDS
        return request(*arguments, **options)

    rest_client.request = limited
