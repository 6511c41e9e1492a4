import pytest

from components.runtime.text import natural_order, one_line, quoted_cell, unquoted_cell


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


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'quoted", "plain", ""])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text):
    cell = quoted_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t")) and unquoted_cell(cell) == text
    assert cell == text or cell[0] == "'"


def test_numbers_within_text_count_as_numbers():
    bands = ["5-9", "female", "10+", "0-4", "", "10+ b"]
    assert sorted(bands, key=natural_order) == ["", "0-4", "5-9", "10+", "10+ b", "female"]
