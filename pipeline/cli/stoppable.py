"""How a command ends at Ctrl-C: its exit code, and what is kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from components.runtime.exit_codes import ExitCode


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
