"""The command `tensorboard`: the learning curves of past runs."""

import contextlib
import logging
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.errors import MedtfxError
from pipeline.cli.options import HomeOption, OptionalRunsArgument
from pipeline.home import Home

if TYPE_CHECKING:
    from pipeline.runs.records import RunRecord

HOST = "127.0.0.1"
_EVENTS = "**/events.out.tfevents.*"


class TensorBoardError(MedtfxError):
    """There is nothing to show, or TensorBoard can't start."""


def tensorboard(
    runs: OptionalRunsArgument = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free port.")] = 6006,
    *,
    home: HomeOption,
) -> None:
    """Show the learning curves of runs in TensorBoard.

    On this machine only, until Ctrl-C; by default those of all runs.
    """
    logs = log_folders(home, runs or [])
    with board(logs, port) as url:
        typer.echo(f"{len(logs)} runs: {', '.join(logs)}\n{url} (Ctrl-C ends it)")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def log_folders(home: Home, wanted: list[str]) -> dict[str, Path]:
    """Finds the logs of runs.

    Args:
        home: has the records of the runs.
        wanted: ids of runs; empty for all.

    Returns:
        Run id and recipe → folder with event files.

    Raises:
        MedtfxError: a run is unknown.
        TensorBoardError: there are no logs.
    """
    from pipeline.runs.records import load_all
    from pipeline.runs.run_page import find_run

    chosen = [find_run(run, home) for run in wanted] or load_all(home)
    found: dict[str, Path] = {}
    for record in chosen:
        folder = _folder(record)
        # A training from the cache has its logs in the folder of the run that did it.
        if folder and folder not in found.values():
            found[f"{record.run_id} {record.recipe}"] = folder
    if not found:
        whose = ", ".join(wanted) or f"any run in {home.root}"
        raise TensorBoardError(
            f"There are no logs of {whose}. A training on this machine writes them: start one with "
            "`medtfx run`."
        )
    return found


@contextlib.contextmanager
def board(logs: dict[str, Path], port: int) -> Iterator[str]:
    """Serves TensorBoard in this process, on the loopback device, and yields its URL.

    Args:
        logs: name → folder.
        port: 0 for any free port.

    Raises:
        TensorBoardError: the port is taken.
    """
    # `--logdir_spec` would break at a comma or colon in a path; links have plain names.
    with tempfile.TemporaryDirectory(prefix="medtfx-tensorboard-") as folder:
        for name, target in logs.items():
            Path(folder, name).symlink_to(target, target_is_directory=True)
        try:
            yield _launch(folder, port)
        finally:
            # Its reader runs until the process ends, and would warn that the links are gone.
            logging.getLogger("tensorboard").setLevel(logging.ERROR)


def _launch(folder: str, port: int) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorBoard's own outdated imports
        from tensorboard import program

        found = program.TensorBoard()
        found.configure(logdir=folder, host=HOST, port=port, load_fast="false")
        try:
            return str(found.launch())
        except program.TensorBoardServerException as error:
            raise TensorBoardError(f"TensorBoard can't listen on port {port}: {error}") from error


def _folder(record: "RunRecord") -> Path | None:
    path = record.paths.tensorboard
    if not path or "://" in path:
        return None
    folder = Path(path)
    return folder if next(folder.glob(_EVENTS), None) else None
