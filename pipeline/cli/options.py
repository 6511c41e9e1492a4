"""What the commands that ask a model server share: TLS, and which images are too large."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.runtime.environment import CLIENT_CERTIFICATE, CLIENT_KEY, ROOT_CERTIFICATES

if TYPE_CHECKING:
    from serving.protocol.tls import Tls

MEGAPIXELS = 50

TlsOption = Annotated[
    Optional[bool],  # noqa: UP045  (typer reads it)
    typer.Option("--tls/--no-tls", help="Encrypt the way to the server [if a file is given]."),
]
RootCertificatesOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE",
        envvar=ROOT_CERTIFICATES.name,
        help="PEM of the authorities that sign the server's certificate [public ones].",
    ),
]
ClientCertificateOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        metavar="FILE",
        envvar=CLIENT_CERTIFICATE.name,
        help="PEM to show to a server that asks who calls; with --client-key.",
    ),
]
ClientKeyOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(metavar="FILE", envvar=CLIENT_KEY.name, help="PEM of that certificate's key."),
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
