"""The command `tensorboard`: the learning curves of past runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.errors import MedtfxError
from pipeline.home import Home

if TYPE_CHECKING:
    from pipeline.records import RunRecord

HOST = "127.0.0.1"
_EVENTS = "**/events.out.tfevents.*"


class TensorBoardError(MedtfxError):
    """There is nothing to show, or TensorBoard can't start."""


def tensorboard(
    runs: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it)
        typer.Argument(help="Runs as `medtfx runs` names them [all whose logs are there]."),
    ] = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 6006,
    home: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--home", help="The home whose runs are meant [$MEDTFX_HOME, medtfx-home]."),
    ] = None,
) -> None:
    """Show the learning curves of runs in TensorBoard, for this machine alone."""
    logs = log_folders(Home.at(home), runs or [])
    url = start(logs, port)
    typer.echo(f"{len(logs)} runs: {', '.join(logs)}\n{url} (Ctrl-C stops it)")
    wait()


def log_folders(home: Home, wanted: list[str]) -> dict[str, Path]:
    """Finds the logs through the records of the runs.

    Args:
        home: whose runs are meant.
        wanted: ids of runs; none for all.

    Returns:
        Run, with its recipe → folder that holds event files.

    Raises:
        TensorBoardError: a run is not known, or there are no logs.
    """
    from pipeline.records import load_all

    records = {record.run_id: record for record in load_all(home)}
    if unknown := [run for run in wanted if run not in records]:
        raise TensorBoardError(
            f"There is no run {unknown[0]!r} in {home.root}. `medtfx runs` lists them."
        )
    chosen = [records[run] for run in wanted] or list(records.values())
    found: dict[str, Path] = {}
    for record in chosen:
        folder = _folder(record)
        # A training that came from the cache has its logs with the run that made it.
        if folder and folder not in found.values():
            found[f"{record.run_id} {record.recipe}"] = folder
    if not found:
        whose = ", ".join(wanted) or f"any run in {home.root}"
        raise TensorBoardError(
            f"There are no logs of {whose}: they are written by a training on this machine, and "
            "`medtfx run` makes one."
        )
    return found


def start(logs: dict[str, Path], port: int) -> str:
    """Starts TensorBoard in this process, on the loopback device, and returns its address.

    Raises:
        TensorBoardError: the port is taken.
    """
    import tempfile

    from tensorboard import program

    # Names such as `a:b` or `a,b` would break `--logdir_spec`, so the folders get plain links.
    folder = Path(tempfile.mkdtemp(prefix="medtfx-tensorboard-"))
    for name, logs_of_run in logs.items():
        (folder / name).symlink_to(logs_of_run, target_is_directory=True)
    board = program.TensorBoard()
    board.configure(logdir=str(folder), host=HOST, port=port)
    try:
        return str(board.launch())
    except program.TensorBoardServerException as error:
        raise TensorBoardError(f"TensorBoard can't listen on port {port}: {error}") from error


def wait() -> None:
    """Waits until the user stops it."""
    import signal

    try:
        signal.pause()
    except KeyboardInterrupt:
        typer.echo()


def _folder(record: "RunRecord") -> Path | None:
    place = record.places.get("TensorBoard", "")
    if not place or "://" in place:
        return None
    folder = Path(place)
    return folder if next(folder.glob(_EVENTS), None) else None
