"""Makes commands of functions, each imported only when it is used."""

import inspect
from collections import UserDict
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

# A function as 'module:function', or a group of commands.
Table = dict[str, str | typer.Typer]

# Without rich: help and errors are plain text, the same on a terminal and in a log.
PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


class LazyGroup(TyperGroup):
    """A group of commands that are named in a table.

    Attributes:
        table: name of the command → where it is.
    """

    table: ClassVar[Table] = {}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(self.table)


class _Commands(UserDict[str, Any]):
    """Name → command; the table's entry becomes a command when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        found = self.data[name]
        if isinstance(found, str | typer.Typer):
            self.data[name] = found = _load(name, found)
        return found


def _load(name: str, target: str | typer.Typer) -> Any:
    if isinstance(target, str):
        module, _, function = target.partition(":")
        app = typer.Typer(**PLAIN)
        app.command(name)(with_option_groups(getattr(import_module(module), function)))
        target = app
    command = typer.main.get_command(target)
    command.name = name
    return command


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Returns the command with each parameter that is a dataclass replaced by its fields.

    So commands share options as they share values: a field of the dataclass is an option.

    Args:
        command: its options are annotated as typer wants them, those of the dataclasses too.
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, tuple[Callable[..., Any], list[inspect.Parameter]]] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        fields, group = [parameter], parameter.annotation
        if isinstance(group, type) and is_dataclass(group):
            fields = list(inspect.signature(group).parameters.values())
            groups[parameter.name] = (group, fields)
        parameters += fields

    @wraps(command)
    def call(**values: Any) -> None:
        for name, (group, fields) in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields})
        command(**values)

    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    call.__signature__ = signature.replace(parameters=keywords)  # type: ignore[attr-defined]
    return call
