from rich.console import Console

from pipeline.compare.tables import print_tables


def test_the_tables_fit_a_narrow_terminal(make_comparison):
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_tables(console, make_comparison())
    text = console.export_text()
    assert "Best by balanced accuracy: strong" in text and "beyond chance" in text
    assert "broken could not be trained: no weights & no way" in text
    assert "…" not in text and "Not a medical device" in text
