import pytest

from components.data_audit.checks import distinct
from components.data_audit.checks.distinct import Distinct, number_of


def counted(texts) -> Distinct:
    made = Distinct()
    for text in texts:
        made.add(text)
    return made


def test_a_text_has_the_same_number_everywhere():
    assert number_of("caf\udce9") == number_of("caf\udce9") != number_of("cafe")
    assert 0 <= number_of("") < 2**64


def test_few_are_counted_exactly():
    assert counted(["a", "b", "a", "c"]).number == 3
    assert Distinct().number == 0


def test_many_are_estimated_from_parts_that_overlap(monkeypatch):
    monkeypatch.setattr(distinct, "_KEPT", 1024)
    whole = Distinct()
    for start in range(0, 30_000, 10_000):
        part = counted(str(number) for number in range(start, start + 15_000))
        whole.merge(Distinct(part.hashes()))
    assert whole.number == pytest.approx(35_000, rel=0.1)  # three standard errors
    assert len(whole.hashes()) == 1024
