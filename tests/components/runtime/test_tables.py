import io

from rich.console import Console

from components.runtime.tables import class_table


def test_a_long_name_folds_and_numbers_are_never_cut():
    table = class_table(["recall", "floor"], "Results")
    table.add_row("a class with a very long name", "0.9412345", "0.60")
    file = io.StringIO()
    Console(file=file, width=34).print(table)
    text = file.getvalue()
    assert "0.9412345" in text and "…" not in text and text.startswith("Results")
