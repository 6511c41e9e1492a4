"""What the commands that ask a model server share: TLS, and which images are too large."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from serving.protocol.tls import Tls

MEGAPIXELS = 50
ROOTS_VARIABLE = "MEDTFX_ROOT_CERTIFICATES"
CERTIFICATE_VARIABLE, KEY_VARIABLE = "MEDTFX_CLIENT_CERTIFICATE", "MEDTFX_CLIENT_KEY"

TlsOption = Annotated[
    Optional[bool],  # noqa: UP045  (typer reads it)
    typer.Option("--tls/--no-tls", help="Encrypt the way to the server [if a file is given]."),
]
RootCertificatesOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE",
        envvar=ROOTS_VARIABLE,
        help="PEM of the authorities that sign the server's certificate [public ones].",
    ),
]
ClientCertificateOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE",
        envvar=CERTIFICATE_VARIABLE,
        help="PEM to show to a server that asks who calls; with --client-key.",
    ),
]
ClientKeyOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(metavar="FILE", envvar=KEY_VARIABLE, help="PEM of that certificate's key."),
]
MegapixelsOption = Annotated[
    int, typer.Option("--max-megapixels", min=1, help="Images with more are not decoded.")
]


def tls_of(
    tls: bool | None, roots: Path | None, certificate: Path | None, key: Path | None
) -> "Tls | None":
    """Returns how to encrypt, by the four options; None for plain text.

    Raises:
        ServingError: a file is not what it should be.
    """
    from serving.protocol.tls import Tls

    files = (roots, certificate, key)
    if tls is False or (tls is None and files == (None, None, None)):
        return None
    return Tls(*files)
