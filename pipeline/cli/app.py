"""The command `app`: a web page to ask a model about images."""

import ipaddress
import signal
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from components.runtime.errors import MedtfxError
from pipeline.cli.app_samples import draw_samples
from pipeline.cli.options import (
    MEGAPIXELS,
    ClientCertificateOption,
    ClientKeyOption,
    MegapixelsOption,
    RootCertificatesOption,
    TlsOption,
    tls_of,
)
from pipeline.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.app.child import EmbeddedChild
    from serving.app.settings import Limits, Settings

TOKEN_VARIABLE = "MEDTFX_APP_TOKEN"

_IMAGES_AT_ONCE = 4  # of the largest size: what one upload may hold
_GRACE = 15  # seconds for requests under way, after Ctrl-C

HomeOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option("--home", help="The home whose models are meant [$MEDTFX_HOME, medtfx-home]."),
]


def app(
    server: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="HOST:PORT of a model server's gRPC port [starts one on the home]."),
    ] = None,
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the model [the only one in the home]."),
    ] = None,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8080,
    label: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Such as canary [stable once promoted, else the newest]."),
    ] = None,
    samples: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of images to offer [phantoms, for the quickstart's model]."),
    ] = None,
    audit_log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="JSON lines, one an image [<home>/audit/app.jsonl]."),
    ] = None,
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(envvar=TOKEN_VARIABLE, help="What a visitor has to know."),
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let everybody in who can reach --host.")
    ] = False,
    certificate: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="PEM of the certificate (chain), for HTTPS."),
    ] = None,
    key: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="PEM of the certificate's key."),
    ] = None,
    max_megabytes: Annotated[int, typer.Option(help="Of one image.", min=1, max=2000)] = 50,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    lang: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="en or es [what the browser asks for]."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Open a web page to ask a model about images, until Ctrl-C."""
    _check_packages()
    from serving.app.settings import Settings
    from serving.promotion.model_selection import choose_model, label_to_ask

    check_exposure(host, token, no_token)
    _check_https(certificate, key)
    encryption = tls_of(tls, root_certificates, client_certificate, client_key) if server else None
    _check_language(lang)
    place = Home.at(home)
    name = choose_model(place.models, model)
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(host, port))
        if samples is None and server is None:
            samples = draw_samples(place.models / name, _temporary_folder(stack))
        child = None if server else _start_server(stack, place.models, name)
        settings = Settings(
            model=name,
            address=child.address if child else _fixed(server or ""),
            server_token=child.token if child else None,
            tls=encryption,
            label=lambda: label_to_ask(place.models, name, None, label),
            audit_log=audit_log or place.root / "audit" / "app.jsonl",
            samples=samples,
            token=token,
            hosts=_hosts(host, token),
            language=lang,
            limits=_limits(max_megabytes, max_megapixels),
        )
        _run(settings, listener, certificate, key)


# === Checks ===


def _check_packages() -> None:
    try:
        import fastapi  # noqa: F401
        import jinja2  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise MedtfxError(
            f"The web page needs the package {error.name!r}, which is not installed here. "
            "Install it: `pip install 'medtfx[app]'`."
        ) from error


def check_exposure(host: str, token: str | None, no_token: bool) -> None:
    """Refuses a page that others can reach and everybody may use, unless that is said aloud.

    Raises:
        MedtfxError: no token with a host that is not this machine's own, or a short one.
    """
    from serving.app.security import MIN_TOKEN

    if token is None and not no_token and not is_loopback(host):
        raise MedtfxError(
            f"With --host {host} others reach the page, so it needs a token: set "
            f"${TOKEN_VARIABLE} (`openssl rand -hex 24` makes one), or say --no-token."
        )
    if token is not None and len(token) < MIN_TOKEN:
        raise MedtfxError(
            f"A token has at least {MIN_TOKEN} characters; the one given has {len(token)}. "
            "`openssl rand -hex 24` makes a good one."
        )


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach the address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _in_address(host: str) -> str:
    return f"[{host.strip('[]')}]" if ":" in host else host


def _check_https(certificate: Path | None, key: Path | None) -> None:
    import ssl

    from serving.protocol.tls import load_pair

    if certificate is not None or key is not None:
        load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key, "HTTPS")


def _check_language(lang: str | None) -> None:
    from serving.app.language import LANGUAGES

    if lang is not None and lang not in LANGUAGES:
        raise MedtfxError(f"The page speaks {' and '.join(LANGUAGES)}. Received: --lang {lang}.")


# === What the page is made of ===


def _listen(host: str, port: int) -> socket.socket:
    from serving.protocol.bounded_http import listen

    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        raise MedtfxError(
            f"The port {port} of {host} can't be listened on ({error}). Choose another --port "
            "(0: any free one) or --host."
        ) from error


def _temporary_folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medtfx-samples-")))


def _fixed(server: str) -> "Callable[[], str | None]":
    from serving.client import Client

    Client(server, "any").close()  # says now that it is no HOST:PORT
    return lambda: server


def _start_server(stack: ExitStack, models: Path, name: str) -> "EmbeddedChild":
    from serving.app.child import EmbeddedChild
    from serving.promotion.versions import list_versions

    if list_versions(models / name).current is None:
        raise MedtfxError(
            f"Model {name!r} in {models} has no version that can be served. Push one with "
            f"`medtfx run`, or bring one back with `medtfx rollback {name} VERSION`."
        )
    return stack.enter_context(EmbeddedChild(models))


def _hosts(host: str, token: str | None) -> tuple[str, ...]:
    """The names that the page answers to: any, where it asks for a token or is open on purpose."""
    from serving.app.settings import LOOPBACK_NAMES

    if token is not None or not is_loopback(host):
        return ("*",)
    return (*LOOPBACK_NAMES, _in_address(host))


def _limits(megabytes: int, megapixels: int) -> "Limits":
    from serving.app.settings import MEGABYTE, Limits

    size = megabytes * MEGABYTE
    return Limits(file_bytes=size, request_bytes=_IMAGES_AT_ONCE * size, pixels=megapixels * 10**6)


# === Running ===


def _run(
    settings: "Settings", listener: socket.socket, certificate: Path | None, key: Path | None
) -> None:
    import uvicorn

    from serving.app.application import create_app
    from serving.protocol.bounded_http import bounded_config

    tls: dict[str, Any] = {}
    if certificate and key:
        tls = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    config = bounded_config(create_app(settings), timeout_graceful_shutdown=_GRACE, **tls)
    host, port = listener.getsockname()[:2]
    typer.echo(
        f"{settings.model}: http{'s' if tls else ''}://{_in_address(host)}:{port} is the page, "
        f"{settings.audit_log} its audit log. Ctrl-C ends it."
    )
    if not tls and not is_loopback(host):
        typer.echo(
            "Warning: without --certificate and --key, or a proxy that encrypts, the images and "
            "the token cross the network readable.",
            err=True,
        )
    # uvicorn raises the signal anew when it is done; the default action would skip our clean-up.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
