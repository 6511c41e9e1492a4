"""Options that every command that talks to Kubeflow Pipelines takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from kubeflow.client.connection import Connection

HostOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option("--host", help="Of Kubeflow Pipelines [$KF_PIPELINES_ENDPOINT]."),
]
NamespaceOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--namespace", help="Yours, where users are kept apart [$KFP_NAMESPACE]."),
]
TokenOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--token-file", help="File with a token [$KFP_TOKEN_FILE, or $KFP_TOKEN]."),
]
CertificateOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--ca-cert", help="File with the certificates to trust [$KFP_CA_CERT]."),
]
PackageArgument = Annotated[
    str, typer.Argument(help="A compiled package (.yaml), or a recipe to compile first.")
]
ImageOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--image", help="Of the nodes, where a recipe is compiled [platform.image]."),
]
ParamOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--param", help="Value of a parameter of the pipeline: name=value. Repeatable."),
]
ExperimentOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--experiment", help="Under which the runs appear [the pipeline's name]."),
]

ServiceAccountOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--service-account",
        envvar="KFP_SERVICE_ACCOUNT",
        help="Of Kubernetes, under which the nodes run [the cluster's default].",
    ),
]


def open_connection(
    host: str | None, namespace: str | None, token_file: Path | None, ca_cert: Path | None
) -> "Connection":
    """Logs in with what the command line and the environment say."""
    from kubeflow.client.connection import connect
    from kubeflow.client.settings import read_settings

    return connect(read_settings(host, namespace, token_file, ca_cert))
