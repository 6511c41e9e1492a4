"""Where Kubeflow Pipelines is and who asks: command line, environment, and in a pod the cluster."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kubeflow.errors import PipelinesError

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
POD_HOST = "http://ml-pipeline-ui.kubeflow.svc.cluster.local"
POD_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"


@dataclass(frozen=True)
class Settings:
    """Where Kubeflow Pipelines is and who asks. Secrets do not show when it is printed.

    Attributes:
        host: with scheme, without a slash at the end.
        namespace: the user's; empty where the installation has one user.
        token: sent as bearer.
        pod_token: file of a service account's token, read again for each request.
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
    """Completes the options of the command line from the environment and, in a pod, the cluster.

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
