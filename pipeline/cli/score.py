"""The command `score`: every image of a folder, a row each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

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
from serving.score.errors import ScoreError

if TYPE_CHECKING:
    from rich.console import Console

    from serving.client import Client
    from serving.protocol.tls import Tls
    from serving.score.listing import ImageFolder
    from serving.score.origin import Origin
    from serving.score.summary import Summary

SOME_FAILED, STOPPED = 1, 130
_GOES_ON = "the same command goes on from there."

HomeOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option("--home", help="The home whose models are meant [$MEDTFX_HOME, medtfx-home]."),
]


def score(
    folder: Annotated[Path, typer.Argument(help="Images, however deep; no labels needed.")],
    out: Annotated[Path, typer.Option(help="The CSV to write.")] = Path("predicted.csv"),
    server: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="HOST:PORT of a model server [the pushed model, in this process]."),
    ] = None,
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the model [the only one in the home]."),
    ] = None,
    version: Annotated[Optional[int], typer.Option(help="Of the model [stable or latest].")] = None,  # noqa: UP045
    label: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Version label, such as stable or canary; needs --server."),
    ] = None,
    model_base: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--model-base", help="Folder of pushed models [<home>/models]."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 4,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a request.")] = 16,
    timeout: Annotated[
        float, typer.Option(help="Seconds for a request, and to wait for a server that is away.")
    ] = 60.0,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    restart: Annotated[
        bool, typer.Option("--restart/--resume", help="Score all again, or go on [go on].")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Score a folder of images into a CSV, or go on where a run stopped.

    Exit code 0: every image has a label, 1: some have an error instead, or it failed, 130: stopped.
    """
    from rich.console import Console

    from pipeline.cli.score_display import print_summary
    from serving.score.listing import list_images
    from serving.score.output_path import check_place

    images = list_images(folder)
    check_place(out, folder)
    encryption = tls_of(tls, root_certificates, client_certificate, client_key) if server else None
    asked = ModelTarget(
        model_base or Home.at(home).models, server, model, version, label, timeout, encryption,
        max_megapixels * 10**6,
    )  # fmt: skip
    try:
        summary = _score(images, out, asked, batch_size, workers, restart)
    except KeyboardInterrupt:  # while the model is loaded; here, because typer would swallow it
        typer.echo("\nStopped.", err=True)
        raise typer.Exit(STOPPED) from None
    print_summary(Console(), summary, images.left_out, out)
    if summary.failed:
        raise typer.Exit(SOME_FAILED)


@dataclass(frozen=True)
class ModelTarget:
    """The model that the user means.

    Attributes:
        models: folder of pushed models.
        server: 'host:port'; None to serve it in this process.
        model: name; None for the only one in `models`.
        version: number; None for `stable`, or the latest where there is no label.
        label: version label, of a server only.
        timeout: seconds for a request.
        tls: how the way to the server is encrypted; None for plain text, as in this process.
        max_pixels: images with more are not decoded.
    """

    models: Path
    server: str | None
    model: str | None
    version: int | None
    label: str | None
    timeout: float
    tls: "Tls | None"
    max_pixels: int

    def connect(self, address: str, name: str, token: str | None, **options: int) -> "Client":
        """Returns a client of the model: of the server, or of the one in this process."""
        from serving.client import Client

        return Client(
            address, name, timeout=self.timeout, tls=self.tls, max_pixels=self.max_pixels,
            token=token, **options,
        )  # fmt: skip


def _score(
    images: "ImageFolder",
    out: Path,
    asked: ModelTarget,
    batch_size: int,
    workers: int,
    restart: bool,
) -> "Summary":
    from rich.console import Console

    from pipeline.cli.score_display import shown
    from serving.score.batch_scorer import BatchScorer
    from serving.score.job import Job
    from serving.score.summary import Summary
    from serving.score.table import ScoreTable

    screen = Console(stderr=True)
    with _served(asked, screen) as (address, model, token):
        origin = _origin(address, model, token, asked)
        summary = Summary(origin, len(images.images))
        # A server that restarts is waited for as long as one request may take.
        attempts = max(1, round(asked.timeout))
        with (
            ScoreTable(out, origin, restart) as table,
            asked.connect(
                address, model, token, attempts=attempts, batch_size=batch_size
            ) as client,
            _kept_rows(summary, out),
            shown(screen) as report,
        ):
            asker = BatchScorer(client, origin, images.root)
            Job(images, asker, table, summary, batch_size, workers, report).run()
    return summary


@contextmanager
def _served(asked: ModelTarget, screen: "Console") -> Iterator[tuple[str, str, str | None]]:
    """Yields address, name and token of the model; without --server, it is served here."""
    from serving.promotion.model_selection import choose_model, choose_version
    from serving.score.in_process import served

    model = choose_model(asked.models, asked.model)
    if asked.server is not None:
        yield asked.server, model, None
        return
    if asked.label is not None:
        raise ScoreError(
            f"Labels are given by a model server: name it with --server, or say --version. "
            f"Received: --label {asked.label}."
        )
    folder = asked.models / model
    version = choose_version(folder, asked.version)
    screen.print(f"Loading version {version} of {model} ...", highlight=False, markup=False)
    with served(folder, version) as (address, token):
        yield address, model, token


def _origin(address: str, model: str, token: str | None, asked: ModelTarget) -> "Origin":
    """Finds out who answers; a wrong address is told within seconds."""
    from serving.promotion.model_selection import label_to_ask
    from serving.score.batch_scorer import ask_origin

    label = asked.label
    if asked.server is not None:  # in this process there is one version alone
        label = label_to_ask(asked.models, model, asked.version, asked.label)
    with asked.connect(address, model, token) as client:
        return ask_origin(client, asked.version, label)


@contextmanager
def _kept_rows(summary: "Summary", out: Path) -> Iterator[None]:
    """Says, when scoring ends too early, what is kept and how to go on."""
    from serving.protocol.errors import ServingError, UnknownServableError

    try:
        yield
    except UnknownServableError as error:
        raise ScoreError(
            f"{error} The version went away while it was asked. {_kept(summary, out)}; once it "
            "answers again, the same command goes on. With --restart another one scores them all."
        ) from error
    except ServingError as error:
        raise ScoreError(f"{error} {_kept(summary, out)}; {_GOES_ON}") from error
    except KeyboardInterrupt:  # here, because typer would swallow it
        typer.echo(f"\nStopped. {_kept(summary, out)}; {_GOES_ON}", err=True)
        raise typer.Exit(STOPPED) from None


def _kept(summary: "Summary", out: Path) -> str:
    return f"{summary.saved} rows for {summary.total} images are in {out}"
