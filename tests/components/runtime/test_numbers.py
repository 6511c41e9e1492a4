import math

import pytest

from components.runtime.numbers import interval, number, ordinal


@pytest.mark.parametrize(("value", "text"), [(0.876, "0.88"), (None, "-"), (math.nan, "-")])
def test_number(value, text):
    assert number(value) == text


def test_interval():
    assert interval(0.776, 0.984) == "0.78-0.98"
    assert interval(math.nan, math.nan) == "-"


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st"),
     (112, "112th")],
)  # fmt: skip
def test_ordinal(count, text):
    assert ordinal(count) == text
