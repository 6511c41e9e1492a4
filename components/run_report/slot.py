"""The place on the page where a run adds what only it knows."""

BEGIN, END = "<!-- this run -->", "<!-- end of this run -->"
RUN_SLOT = BEGIN + END


def fill_slot(page: str, part: str) -> str:
    """Puts HTML into the place, instead of what stands there.

    Raises:
        ValueError: the page has no such place.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("This page has no place for a run.")
    return before + BEGIN + part + END + after
