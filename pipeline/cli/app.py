"""The command `app`: a web page that shows a model's predictions for uploaded images."""

import signal
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.runtime.environment import APP_TOKEN
from components.runtime.errors import MedtfxError
from pipeline.cli.app_samples import draw_samples
from pipeline.cli.options import (
    MEGAPIXELS,
    CertificateOption,
    HomeOption,
    KeyOption,
    LabelOption,
    LogOption,
    MegapixelsOption,
    ModelOption,
    ShadowOption,
    TlsOptions,
    shadow_label,
)
from serving.protocol.addresses import in_brackets, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.app.child import EmbeddedChild
    from serving.app.settings import Limits, Settings


_IMAGES_AT_ONCE = 4  # of the largest size: what one upload may hold
_GRACE = 15  # seconds for running requests, after Ctrl-C


@dataclass(frozen=True, kw_only=True)
class PageAddress:
    """Options of the page's own address, and who may open it."""

    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free port.")] = 8080
    certificate: CertificateOption = None
    key: KeyOption = None
    token: Annotated[
        str | None,
        typer.Option(
            envvar=APP_TOKEN.name, help="Secret that a visitor has to enter. Default: none."
        ),
    ] = field(default=None, repr=False)
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Allow everybody who can reach --host to use the page."),
    ] = False

    def check(self) -> None:
        """Refuses a page that others can reach and use, unless that is asked for.

        Raises:
            MedtfxError: other machines reach the page without a token.
            ServingError: the token is short, or the certificate or its key can't be used.
        """
        from serving.protocol.token import check_length

        if self.token is None and not self.no_token and not is_loopback(self.host):
            raise MedtfxError(
                f"With --host {self.host} other machines reach the page, so it needs a token: set "
                f"${APP_TOKEN} (`openssl rand -hex 24` makes one), or pass --no-token."
            )
        check_length(self.token)
        _check_https(self.certificate, self.key)

    def names(self) -> tuple[str, ...]:
        """Returns the host names under which a browser may open the page; '*' is any name."""
        from serving.app.settings import LOOPBACK_NAMES

        if self.token is not None or not is_loopback(self.host):
            return ("*",)
        return (*LOOPBACK_NAMES, in_brackets(self.host))

    def listen(self) -> socket.socket:
        """Returns a socket that listens.

        Raises:
            MedtfxError: the address is taken, or is not of this machine.
        """
        from serving.protocol.bounded_http import listen

        try:
            return listen(self.host, self.port)
        except (OSError, OverflowError) as error:
            raise MedtfxError(
                f"Can't listen on port {self.port} of {self.host} ({error}). Choose another --port "
                "(0: any free port) or --host."
            ) from error


def app(
    *,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="gRPC port of a model server. Default: one is started on the home.",
        ),
    ] = None,
    model: ModelOption = None,
    label: LabelOption = None,
    connection: TlsOptions,
    page: PageAddress,
    lang: Annotated[
        str | None, typer.Option(help="Language of the page: en or es. Default: the browser's.")
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Folder of images to try. Default: artificial radiographs, for the model of the "
            "recipe quickstart."
        ),
    ] = None,
    audit_log: Annotated[
        Path | None,
        typer.Option(help="File that gets a JSON line per image. Default: <home>/audit/app.jsonl."),
    ] = None,
    log: LogOption = None,
    shadow: ShadowOption = False,
    max_megabytes: Annotated[
        int, typer.Option(help="Larger image files are refused.", min=1, max=2000)
    ] = 50,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    home: HomeOption,
) -> None:
    """Serve a web page to try a model on images, until Ctrl-C."""
    _check_packages()
    from serving.app.settings import Settings
    from serving.promotion.model_selection import choose_model, label_to_ask

    page.check()
    encryption = connection.encryption() if server else None
    _check_language(lang)
    name = choose_model(home.models, model)
    with ExitStack() as stack:
        listener = stack.enter_context(page.listen())
        if samples is None and server is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="medtfx-samples-"))
            samples = draw_samples(home.models / name, Path(folder))
        child = None if server else _start_server(stack, home.models, name, max_megapixels * 10**6)
        settings = Settings(
            model=name,
            address=child.address if child else _fixed(server or ""),
            server_token=child.token if child else None,
            tls=encryption,
            label=lambda: label_to_ask(home.models, name, None, label),
            audit_log=audit_log or home.root / "audit" / "app.jsonl",
            request_log=log,
            shadow=shadow_label(shadow, log, server or "the one that is started here"),
            samples=samples,
            token=page.token,
            hosts=page.names(),
            language=lang,
            limits=_limits(max_megabytes, max_megapixels),
        )
        _run(settings, listener, page)


# === Checks ===


def _check_packages() -> None:
    for package in ("fastapi", "jinja2", "python_multipart", "uvicorn"):
        if find_spec(package) is None:
            raise MedtfxError(
                f"The web page needs the package {package!r}, which is not installed. Install it: "
                "`pip install 'medtfx[app]'`."
            )


def _check_https(certificate: Path | None, key: Path | None) -> None:
    import ssl

    from serving.protocol.tls import load_pair

    if certificate is not None or key is not None:
        load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key, "HTTPS")


def _check_language(lang: str | None) -> None:
    from serving.app.language import LANGUAGES

    if lang is not None and lang not in LANGUAGES:
        raise MedtfxError(f"The page is in {' or '.join(LANGUAGES)}. Received: --lang {lang}.")


# === What the page is made of ===


def _fixed(server: str) -> "Callable[[], str | None]":
    from serving.client import Client

    Client(server, "any").close()  # raises now if it is no HOST:PORT
    return lambda: server


def _start_server(stack: ExitStack, models: Path, name: str, max_pixels: int) -> "EmbeddedChild":
    from serving.app.child import EmbeddedChild
    from serving.promotion.versions import list_versions

    if list_versions(models / name).current is None:
        raise MedtfxError(
            f"Model {name!r} in {models} has no version that can be served. Push one with "
            f"`medtfx run`, or serve an earlier one again with `medtfx rollback {name} VERSION`."
        )
    return stack.enter_context(EmbeddedChild(models, max_pixels))


def _limits(megabytes: int, megapixels: int) -> "Limits":
    from serving.app.settings import MEGABYTE, Limits

    size = megabytes * MEGABYTE
    return Limits(file_bytes=size, request_bytes=_IMAGES_AT_ONCE * size, pixels=megapixels * 10**6)


# === Running ===


def _run(settings: "Settings", listener: socket.socket, page: PageAddress) -> None:
    import uvicorn

    from serving.app.application import create_app
    from serving.protocol.bounded_http import bounded_config

    tls: dict[str, Any] = {}
    if page.certificate and page.key:
        tls = {"ssl_certfile": str(page.certificate), "ssl_keyfile": str(page.key)}
    config = bounded_config(create_app(settings), timeout_graceful_shutdown=_GRACE, **tls)
    host, port = listener.getsockname()[:2]
    typer.echo(
        f"{settings.model}: the page is http{'s' if tls else ''}://{in_brackets(host)}:{port}, its "
        f"audit log {settings.audit_log}. Ctrl-C ends it."
    )
    if not tls and not is_loopback(host):
        typer.echo(
            "Warning: images and token cross the network unencrypted. Pass --certificate and "
            "--key, or put a proxy with TLS in front.",
            err=True,
        )
    # uvicorn raises the signal again when it is done; the default action would skip our clean-up.
    signal.signal(signal.SIGTERM, _interrupt)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
