"""The command `dicom-node`: images come from the PACS, results go back into the study."""

import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.environment import DICOM_NODE_TOKEN, DICOMWEB_TOKEN
from components.runtime.errors import MedtfxError
from pipeline.cli.options import (
    MEGAPIXELS,
    CertificateOption,
    HomeOption,
    KeyOption,
    LabelOption,
    LogOption,
    MegapixelsOption,
    TlsOptions,
)
from pipeline.recipes.options import SetOption

if TYPE_CHECKING:
    import ssl

    from components.recipe.dicom import Destination, DicomSection
    from serving.dicom.http import HttpSettings
    from serving.dicom.node import DicomNode
    from serving.dicom.receive.association import Limits
    from serving.dicom.receive.scp import ScpSettings
    from serving.dicom.work.destination import Sender


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Options of the node's own addresses, and who may send to them."""

    ae_title: Annotated[str, typer.Option(help="AE title of the node.")] = "MEDTFX"
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(help="DICOM port; 0: any free port.")] = 11112
    http_port: Annotated[
        int, typer.Option(help="Port of STOW-RS, metrics, health and the page; 0: any free port.")
    ] = 8043
    caller: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AET",
            help="Calling AE title that may send; repeatable. Default: dicom.callers of the "
            "recipe, else any on this machine.",
        ),
    ] = None
    certificate: CertificateOption = None
    key: KeyOption = None
    dicom_root_certificates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="PEM file of the authorities that signed the certificates of the PACS. With it, "
            "who sends by DICOM has to show one.",
        ),
    ] = None
    token: Annotated[
        str | None,
        typer.Option(envvar=DICOM_NODE_TOKEN.name, help="Secret of the HTTP port. Default: none."),
    ] = field(default=None, repr=False)
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Listen beyond this machine without a token or --caller."),
    ] = False
    associations: Annotated[
        int, typer.Option(min=1, max=500, help="DICOM associations at the same time.")
    ] = 16
    max_object_megabytes: Annotated[
        int, typer.Option(min=1, max=4000, help="Larger objects are refused.")
    ] = 512
    message_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds for a part of a message to arrive.")
    ] = 60.0
    idle_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds until an association that is idle is ended.")
    ] = 60.0

    def check(self, callers: Sequence[str]) -> None:
        """Refuses a node that anybody else can send to, unless that is asked for.

        Args:
            callers: calling AE titles that may send.

        Raises:
            MedtfxError: a caller list or a token is missing.
            ServingError: the token is short.
        """
        from serving.protocol.addresses import is_loopback
        from serving.protocol.token import check_length

        missing = [] if callers else ["--caller with the AE titles that may send"]
        missing += [] if self.token else [f"a token in ${DICOM_NODE_TOKEN}"]
        if missing and not is_loopback(self.host) and not self.insecure:
            raise MedtfxError(
                f"With --host {self.host} others reach the node, so it has to know who sends. "
                f"Missing: {' and '.join(missing)}. Where the network sees to it, say --insecure."
            )
        check_length(self.token)

    def scp(self, callers: Sequence[str]) -> "ScpSettings":
        """Returns how the node listens for DICOM.

        Args:
            callers: calling AE titles that may send.

        Raises:
            ServingError: a certificate or its key can't be used.
        """
        from serving.dicom.receive.scp import ScpSettings

        context = self._server_context()
        return ScpSettings(
            self.ae_title, self.host, self.port, tuple(callers), context, self._limits()
        )

    def http(self) -> "HttpSettings":
        """Returns how the node listens for HTTP."""
        from serving.app.settings import LOOPBACK_NAMES
        from serving.dicom.http import HttpSettings
        from serving.protocol.addresses import is_loopback

        alone = self.token is None and is_loopback(self.host)
        return HttpSettings(
            self.host,
            self.http_port,
            self.token,
            (*LOOPBACK_NAMES, self.host) if alone else ("*",),
            self.certificate,
            self.key,
        )

    def client_context(self) -> "ssl.SSLContext":
        """Returns TLS towards the PACS.

        Raises:
            ServingError: a file is not what it should be.
        """
        from serving.protocol.tls import Tls

        return Tls(self.dicom_root_certificates, self.certificate, self.key).context()

    def _limits(self) -> "Limits":
        from serving.dicom.receive.association import Limits

        return Limits(
            self.associations,
            self.max_object_megabytes * 2**20,
            self.message_seconds,
            self.idle_seconds,
        )

    def _server_context(self) -> "ssl.SSLContext | None":
        import ssl

        from serving.protocol.tls import Tls, load_pair

        if self.certificate is None and self.key is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        load_pair(context, self.certificate, self.key, "DICOM over TLS")
        if self.dicom_root_certificates is not None:
            Tls(self.dicom_root_certificates)  # says what is wrong with the file
            context.load_verify_locations(self.dicom_root_certificates)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def dicom_node(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Recipe of the model: a name of `medtfx recipes`, or a path of a .yaml file.",
        ),
    ],
    *,
    server: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="gRPC port of the model server.")
    ] = "localhost:8500",
    label: LabelOption = None,
    model_base: Annotated[
        Path | None,
        typer.Option(
            help="Folder of pushed models, whose digests the results name. Default: <home>/models."
        ),
    ] = None,
    spool: Annotated[
        Path | None, typer.Option(help="Folder of what waits. Default: <home>/dicom/<model>.")
    ] = None,
    retry_dead_letters: Annotated[
        bool, typer.Option("--retry-dead-letters", help="First try again what has failed for good.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds for a request to the server.")] = 60.0,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    connection: TlsOptions,
    listening: Listening,
    log: LogOption = None,
    overrides: SetOption = None,
    home: HomeOption,
) -> None:
    """Answer images of a PACS: results go back into their study.

    Takes images by C-STORE and STOW-RS, asks the model server, and sends a structured report of
    each study to where the recipe says, until Ctrl-C. What waits is kept on disk.
    """  # fmt: skip
    _check_packages()
    from pipeline.recipes.loader import load_recipe
    from serving.client import Client
    from serving.dicom.node import DicomNode, Model
    from serving.dicom.spool.spool import Spool
    from serving.promotion.model_selection import choose_version, label_to_ask

    values = load_recipe(recipe, overrides)
    callers = listening.caller or values.dicom.callers
    listening.check(callers)
    name, section, models = values.model_name, values.dicom, model_base or home.models
    destination = _destination(section)
    choose_version(models / name)  # a model that is not there is reported at once
    _log_to_stderr()
    client = Client(
        server, name, timeout=timeout, attempts=2, tls=connection.encryption(),
        max_pixels=max_megapixels * 10**6, log=log,
    )  # fmt: skip
    with client:
        store = Spool(spool or home.root / "dicom" / name, section.others == "report")
        if retry_dead_letters:
            typer.echo(f"{store.retry_dead()} dead letters are tried again.")
        node = DicomNode(
            store,
            section,
            Model(client, lambda: label_to_ask(models, name, None, label), models / name),
            _sender(destination, listening),
            listening.scp(callers),
            listening.http(),
            _in_words(destination),
        )
        _run(node, f"{name}: DICOM node {listening.ae_title}", listening.host)


def _run(node: "DicomNode", name: str, host: str) -> None:
    """Runs the node until SIGTERM or Ctrl-C."""
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    node.start()
    typer.echo(
        f"{name} on {host}:{node.dicom_port}; STOW-RS, metrics and the page on port "
        f"{node.http_port}. Ctrl-C ends it."
    )
    stopping.wait()
    node.stop()


def _check_packages() -> None:
    for package in ("highdicom", "pynetdicom", "dicomweb_client", "jinja2", "uvicorn"):
        if find_spec(package) is None:
            raise MedtfxError(
                f"The DICOM node needs the package {package!r}, which is not installed. Install "
                "it: `pip install 'medtfx[app,dicom]'`."
            )


def _destination(section: "DicomSection") -> "Destination":
    if section.destination is None:
        raise MedtfxError(
            "Results go back to the PACS that dicom.destination names, and the recipe names none. "
            "Add it, or pass --set dicom.destination.ae_title=AET --set "
            "dicom.destination.host=HOST --set dicom.destination.port=PORT."
        )
    return section.destination


def _sender(destination: "Destination", listening: Listening) -> "Sender":
    from serving.dicom.work.destination import StoreSender, StowSender

    if destination.url is not None:
        token = DICOMWEB_TOKEN.get() or None
        return StowSender(destination.url, token, listening.dicom_root_certificates)
    context = listening.client_context() if destination.tls else None
    return StoreSender(destination, listening.ae_title, context)


def _in_words(destination: "Destination") -> str:
    if destination.url is not None:
        return destination.url
    return f"{destination.ae_title} at {destination.host}:{destination.port}"


def _log_to_stderr() -> None:
    """What is sent, refused, retried and given up is for the log; what libraries tell is not."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="pydicom")  # about values of others, which may be any

    class OneLine(logging.Formatter):
        def formatException(self, info: object) -> str:  # noqa: N802 -- logging's name
            return ""

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    quiet = logging.StreamHandler()
    quiet.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger("highdicom").setLevel(logging.WARNING)
    library = logging.getLogger("pynetdicom")
    library.setLevel(logging.ERROR)
    library.addHandler(quiet)
    library.propagate = False
