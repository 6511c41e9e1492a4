"""The tables of commands: a row for each class, and columns of numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def class_table(columns: Sequence[str], title: str | None = None) -> "Table":
    """Returns a table for the terminal, without rows.

    Args:
        columns: of numbers, which are never cut; the names of the classes before them may fold.
        title: above it.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption_justify="left",
    )
    table.add_column("class", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table
