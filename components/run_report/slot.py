"""The slot on the page for what only the run knows: its id, times, overrides."""

BEGIN, END = "<!-- this run -->", "<!-- end of this run -->"
RUN_SLOT = BEGIN + END


def fill_slot(page: str, part: str) -> str:
    """Replaces the content of the slot by HTML.

    Raises:
        ValueError: the page has no slot.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("This page has no slot for a run.")
    return before + BEGIN + part + END + after
