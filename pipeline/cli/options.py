"""Options and arguments that several commands take."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.environment import CLIENT_CERTIFICATE, CLIENT_KEY, HOME, ROOT_CERTIFICATES
from components.runtime.errors import MedtfxError
from pipeline.home import DEFAULT_HOME, Home

if TYPE_CHECKING:
    from serving.protocol.tls import Tls

# === Where things are ===

# A command receives the `Home`; an empty text stands for the default.
HomeOption = Annotated[
    Home,
    typer.Option(
        parser=Home.at,
        default_factory=str,
        show_default=False,
        metavar="FOLDER",
        help=f"Artifacts, metadata, runs, models. Default: ${HOME}, else {DEFAULT_HOME}.",
    ),
]
DataOption = Annotated[
    str, typer.Option(help="Folder with one folder of images per class: a path, gs:// or s3://.")
]
BeamArgsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--beam-arg", metavar="OPTION", help="Of Beam, e.g. --runner=FlinkRunner. Repeatable."
    ),
]
ModelOption = Annotated[
    str | None, typer.Option(help="Name of the model. Default: the only one in the home.")
]
OptionalRunArgument = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="Id of a run, see `medtfx runs`. Default: the latest."),
]
OptionalRunsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="RUN", help="Ids of runs, see `medtfx runs`.")
]

# === Model servers ===


LabelOption = Annotated[
    str | None,
    typer.Option(
        help="Version label, e.g. canary. Default: stable once a version is promoted, else the "
        "newest version."
    ),
]
LogOption = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="FOLDER_OR_S3",
        help="Add a line for each prediction to the request log there, a folder or s3://, for "
        "`medtfx monitor`: no pixels, no names. Default: nothing is logged.",
    ),
]
ShadowOption = Annotated[
    bool,
    typer.Option(
        "--shadow",
        help="Ask the version with the label shadow, too, in the background: its predictions go "
        "into --log alone. See `medtfx promote --shadow`.",
    ),
]
MegapixelsOption = Annotated[int, typer.Option(min=1, help="Larger images are not decoded.")]
MEGAPIXELS = 50
CertificateOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="PEM file of the server's certificate chain, for TLS."),
]
KeyOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="PEM file of the certificate's private key.")
]


def shadow_label(shadow: bool, log: str | None, server: str | None) -> str | None:
    """Returns the label that is asked besides, for `--shadow`; None without.

    Raises:
        MedtfxError: there is no log, or no server that has several versions.
    """
    from serving.promotion.labels import SHADOW

    if not shadow:
        return None
    if log is None or server is None:
        missing = "--log" if log is None else "--server"
        raise MedtfxError(
            "A shadow is a second version of a model server, and its predictions go into the "
            f"request log alone. Received: --shadow without {missing}."
        )
    return SHADOW


@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """Options of TLS, for commands that call a model server."""

    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls/--no-tls",
            help="Encrypt the connection to the server. Default: yes if a PEM file is given.",
        ),
    ] = None
    root_certificates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar=ROOT_CERTIFICATES.name,
            help="PEM file of the authorities that signed the server's certificate. Default: the "
            "public authorities.",
        ),
    ] = None
    client_certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar=CLIENT_CERTIFICATE.name,
            help="PEM file of the client's certificate, for mutual TLS; with --client-key.",
        ),
    ] = None
    client_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar=CLIENT_KEY.name,
            help="PEM file of the client certificate's private key.",
        ),
    ] = None

    def encryption(self) -> "Tls | None":
        """Returns how to encrypt; None for plain text.

        Raises:
            ServingError: a file is not what it should be.
        """
        from serving.protocol.tls import Tls

        files = (self.root_certificates, self.client_certificate, self.client_key)
        if self.tls is False or (self.tls is None and files == (None, None, None)):
            return None
        return Tls(*files)
