"""Options of the commands that talk to Kubeflow Pipelines."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubeflow.client.connection import Connection

PackageArgument = Annotated[
    str, typer.Argument(help="A compiled package (.yaml), or a recipe to compile first.")
]


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """Which Kubeflow Pipelines, and how to log in."""

    host: Annotated[
        str | None, typer.Option(help="URL of Kubeflow Pipelines. Default: $KF_PIPELINES_ENDPOINT.")
    ] = None
    namespace: Annotated[
        str | None,
        typer.Option(
            help="Your namespace, in a cluster with several users. Default: $KFP_NAMESPACE."
        ),
    ] = None
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with a token. Default: $KFP_TOKEN_FILE, or $KFP_TOKEN."),
    ] = None
    ca_cert: Annotated[
        Path | None,
        typer.Option(help="PEM file of the authorities to trust. Default: $KFP_CA_CERT."),
    ] = None

    def open(self) -> "Connection":
        """Logs in with what the command line and the environment say.

        Raises:
            PipelinesError: no host is known, or it refuses.
        """
        from kubeflow.client.connection import connect
        from kubeflow.client.settings import read_settings

        return connect(read_settings(self.host, self.namespace, self.token_file, self.ca_cert))


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a package runs, now or on a schedule."""

    experiment: Annotated[
        str | None,
        typer.Option(help="Experiment that the runs belong to. Default: the pipeline's name."),
    ] = None
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Value of a parameter of the pipeline. Repeatable."
        ),
    ] = None
    image: Annotated[
        str | None,
        typer.Option(
            help="Container image of the nodes, for a recipe. Default: its platform.image."
        ),
    ] = None
    service_account: Annotated[
        str | None,
        typer.Option(
            envvar="KFP_SERVICE_ACCOUNT",
            help="Kubernetes service account of the nodes. Default: the cluster's.",
        ),
    ] = None
