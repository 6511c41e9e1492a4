import sys
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli.loading import LazyGroup, with_option_groups


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module with the function `greet`, which nobody has imported yet."""
    (tmp_path / "medtfx_greetings.py").write_text(
        'import typer\ndef greet():\n    """Say hello."""\n    typer.echo("hello")\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "medtfx_greetings"
    sys.modules.pop("medtfx_greetings", None)


def test_a_module_is_imported_when_its_command_is_used(module):
    class Group(LazyGroup):
        table = {"greet": f"{module}:greet", "other": "no_such_module:function"}

    app = typer.Typer(cls=Group)
    app.callback()(lambda: None)
    group: Any = typer.main.get_command(app)
    assert list(group.commands) == ["greet", "other"]
    assert module not in sys.modules
    assert CliRunner().invoke(app, ["greet"]).output == "hello\n"
    assert module in sys.modules


@dataclass(frozen=True)
class Place:
    city: Annotated[str, typer.Option(help="Where.")] = "Rome"
    days: Annotated[int, typer.Option(help="How long.")] = 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([], "2 x Rome 1 train"),
        (["--count", "3", "--days", "4", "--by", "ship", "--city", "Oslo"], "3 x Oslo 4 ship"),
    ],
)
def test_the_fields_of_a_dataclass_become_options(line, expected):
    def travel(
        *,
        count: Annotated[int, typer.Option(help="How often.")] = 2,
        place: Place,
        by: Annotated[str, typer.Option(help="Means.")] = "train",
    ):
        typer.echo(f"{count} x {place.city} {place.days} {by}")

    app = typer.Typer()
    app.command()(with_option_groups(travel))
    assert CliRunner().invoke(app, line).output == f"{expected}\n"
    (command,) = [typer.main.get_command(app)]
    assert [one.name for one in command.params][:4] == ["count", "city", "days", "by"]
