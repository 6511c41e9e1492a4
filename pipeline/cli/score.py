"""The command `score`: every image of a folder, a row each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import (
    MEGAPIXELS,
    HomeOption,
    LogOption,
    MegapixelsOption,
    ModelOption,
    ShadowOption,
    TlsOptions,
    shadow_label,
)
from pipeline.cli.stoppable import stoppable
from serving.score.errors import ScoreError

if TYPE_CHECKING:
    from rich.console import Console

    from serving.client import Client
    from serving.score.listing import ImageFolder
    from serving.score.origin import Origin
    from serving.score.summary import Summary

_CONTINUES = "the same command continues from there."


@dataclass(frozen=True, kw_only=True)
class VersionOptions(TlsOptions):
    """Options that say which version of a model is asked, and how."""

    version: Annotated[
        int | None,
        typer.Option(
            help="Version of the model. Default: stable once one is promoted, else the newest."
        ),
    ] = None
    label: Annotated[
        str | None, typer.Option(help="Version label, e.g. stable or canary; needs --server.")
    ] = None
    model_base: Annotated[
        Path | None, typer.Option(help="Folder of pushed models. Default: <home>/models.")
    ] = None
    timeout: Annotated[
        float, typer.Option(help="Seconds for a request, and to wait for a server that is down.")
    ] = 60.0
    max_megapixels: MegapixelsOption = MEGAPIXELS
    home: HomeOption

    @property
    def models(self) -> Path:
        """Folder of pushed models."""
        return self.model_base or self.home.models


@dataclass(frozen=True, kw_only=True)
class ModelTarget(VersionOptions):
    """Options that name the model: of a server, or else served in this process."""

    server: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="gRPC port of a model server. Default: the model is loaded in this process.",
        ),
    ] = None
    model: ModelOption = None

    def connect(self, address: str, name: str, token: str | None, **options: Any) -> "Client":
        """Returns a client of the model: of the server, or of the one in this process."""
        from serving.client import Client

        return Client(
            address,
            name,
            timeout=self.timeout,
            tls=self.encryption() if self.server else None,
            max_pixels=self.max_megapixels * 10**6,
            token=token,
            **options,
        )


@stoppable("")
def score(
    folder: Annotated[Path, typer.Argument(help="Folder of images, subfolders included.")],
    *,
    out: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("predicted.csv"),
    workers: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 4,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a request.")] = 16,
    restart: Annotated[
        bool, typer.Option("--restart/--resume", help="Score all images again, or only those left.")
    ] = False,
    log: LogOption = None,
    shadow: ShadowOption = False,
    target: ModelTarget,
) -> None:
    """Score a folder of images into a CSV file.

    The same command continues where it was stopped.

    Exit code 0: every image has a label, 1: some have an error instead, or it failed, 130: stopped.
    """
    from rich.console import Console

    from pipeline.cli.score_display import print_summary
    from serving.score.listing import list_images
    from serving.score.output_path import check_place

    images = list_images(folder)
    check_place(out, folder)
    beside = shadow_label(shadow, log, target.server)
    summary = score_images(images, out, target, batch_size, workers, restart, log, beside)
    print_summary(Console(), summary, images.left_out, out)
    if summary.failed:
        raise typer.Exit(ExitCode.FAILED)


def score_images(
    images: "ImageFolder",
    out: Path,
    target: ModelTarget,
    batch_size: int,
    workers: int,
    restart: bool,
    log: str | None = None,
    shadow: str | None = None,
) -> "Summary":
    """Scores images into a CSV, which an earlier call may have begun.

    Args:
        images: of the folder.
        out: the CSV.
        target: the model.
        batch_size: images of a request.
        workers: requests at the same time.
        restart: whether to score all again.
        log: folder or s3:// address of the request log, or None.
        shadow: label of a version that is asked too, or None.
    """
    from rich.console import Console

    from pipeline.cli.score_display import show_progress
    from serving.score.batch_scorer import BatchScorer
    from serving.score.job import Job
    from serving.score.summary import Summary
    from serving.score.table import ScoreTable

    screen = Console(stderr=True)
    with _served(target, screen) as (address, model, token):
        origin = origin_of(address, model, token, target)
        summary = Summary(origin, len(images.images))
        # A server that restarts is waited for as long as one request may take.
        attempts = max(1, round(target.timeout))
        with (
            ScoreTable(out, origin, restart) as table,
            target.connect(
                address,
                model,
                token,
                attempts=attempts,
                batch_size=batch_size,
                log=log,
                shadow=shadow,
            ) as client,
            _kept_rows(summary, out),
            show_progress(screen) as report,
        ):
            scorer = BatchScorer(client, origin, images.root)
            Job(images, scorer, table, summary, batch_size, workers, report).run()
    return summary


@contextmanager
def _served(target: ModelTarget, screen: "Console") -> Iterator[tuple[str, str, str | None]]:
    """Yields address, name and token of the model; it is served here if no server is named."""
    from serving.promotion.model_selection import choose_model, choose_version
    from serving.score.in_process import served

    model = choose_model(target.models, target.model)
    if target.server is not None:
        yield target.server, model, None
        return
    if target.label is not None:
        raise ScoreError(
            f"Only a model server knows labels. Received: --label {target.label} without --server. "
            "Name the server with --server, or pass --version."
        )
    folder = target.models / model
    version = choose_version(folder, target.version)
    screen.print(f"Loading version {version} of {model} ...", highlight=False, markup=False)
    with served(folder, version, target.max_megapixels * 10**6) as (address, token):
        yield address, model, token


def origin_of(address: str, model: str, token: str | None, target: ModelTarget) -> "Origin":
    """Returns which version predicts; a wrong address fails here, within seconds."""
    from serving.promotion.model_selection import label_to_ask
    from serving.score.batch_scorer import ask_origin

    label = target.label
    if target.server is not None:  # in this process there is only one version
        label = label_to_ask(target.models, model, target.version, label)
    with target.connect(address, model, token) as client:
        return ask_origin(client, target.version, label)


@contextmanager
def _kept_rows(summary: "Summary", out: Path) -> Iterator[None]:
    """Says, when scoring ends too early, what is kept and how to continue."""
    from serving.protocol.errors import ServingError, UnknownServableError

    def kept() -> str:
        return f"{summary.saved} rows for {summary.total} images are in {out}"

    try:
        yield
    except UnknownServableError as error:
        raise ScoreError(
            f"{error} The version disappeared during scoring. {kept()}; when it is served again, "
            "the same command continues. With --restart, another version scores all images."
        ) from error
    except ServingError as error:
        raise ScoreError(f"{error} {kept()}; {_CONTINUES}") from error
    except KeyboardInterrupt:
        with stoppable(f"{kept()}; {_CONTINUES}"):  # how many rows is known only now
            raise
