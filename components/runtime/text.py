"""Text from outside, made safe to be shown on one line."""

from unicodedata import category

_NO_TEXT = ("Cc", "Zl", "Zp")  # control characters, line and paragraph separators


def one_line(text: str) -> str:
    r"""Returns text without line breaks, control characters and broken UTF-8: `\n`, `\xff`.

    A terminal obeys control characters: a file name could move its cursor, or set its title.
    """
    text = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if category(char) in _NO_TEXT else char
        for char in text
    )
