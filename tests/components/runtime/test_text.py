import pytest

from components.runtime.text import one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("röntgen 1\u3000胸.png", "röntgen 1\u3000胸.png"),
        ("two\nlines\r.png", r"two\nlines\r.png"),
        ("\x1b]0;title\x07\x9b2J", r"\x1b]0;title\x07\x9b2J"),
        ("next\x85line\u2028.png", r"next\x85line\u2028.png"),
        (b"latin\xe91.png".decode(errors="surrogateescape"), r"latin\xe91.png"),
    ],
)
def test_one_line_of_valid_text(text, expected):
    assert one_line(text) == expected
    expected.encode()
