"""How a command ends: exit codes, and what Ctrl-C says."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer


class ExitCode(IntEnum):
    """The exit codes of `medtfx`, for scripts that call it.

    Attributes:
        OK: done; `run`: the model is pushed.
        FAILED: an error, or some images or recipes failed while the others are done.
        USAGE: the command line itself is wrong; typer gives this one.
        NOT_BLESSED: `run`: the model did not pass the gate, or was refused when served.
        NOT_LOADED: `promote`, `canary`, `rollback`: the servers have to load the version first;
            then the same command moves the label.
        DECLINED: `run --if-new`: there is too little new data.
        UNAPPROVED: `run`: the model passed the gate and waits for `approve`.
        STOPPED: ended by Ctrl-C.
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_BLESSED = 3
    NOT_LOADED = 3
    DECLINED = 4
    UNAPPROVED = 5
    STOPPED = 130


@contextmanager
def stoppable(sentence: str) -> Iterator[None]:
    """Ends the command at Ctrl-C, and says what is kept; also a decorator of a command.

    Args:
        sentence: what follows `Stopped.`

    Raises:
        typer.Exit: Ctrl-C, as exit code 130.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\nStopped. {sentence}".rstrip(), err=True)
        raise typer.Exit(ExitCode.STOPPED) from None
