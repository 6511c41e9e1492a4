"""The command line, in this process: another one would import everything again."""

from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from pipeline.cli.main import app

_RUNNER = CliRunner(env={"COLUMNS": "160"})


def medtfx(*line: object) -> tuple[int, str, str]:
    """Runs `medtfx LINE`; returns exit code, output and errors. A defect is raised."""
    done = _RUNNER.invoke(app, [str(word) for word in line], prog_name="medtfx")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def options_of(command: str, *arguments: str) -> dict[str, Any]:
    """Returns the options of `medtfx COMMAND ARGUMENTS`, as the command reads them."""
    group: Any = get_command(app)
    return group.commands[command].make_context(command, [*arguments]).params


def assert_one_message(result: tuple[int, str, str], *words: str) -> None:
    """Asserts that a command failed with one sentence, which holds the words."""
    code, out, err = result
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and err.count("Error: ") == 1
    for word in words:
        assert word in err
