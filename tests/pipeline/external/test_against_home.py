import pytest

from components.uncertainty.intervals import wilson_interval
from pipeline.external.against_home import against_home, unpaired_interval


def share(hits, cases):
    return (hits / cases, *wilson_interval(hits, cases))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_published_intervals(one, other, low, high):
    found = unpaired_interval(share(*one), share(*other))
    assert found == pytest.approx((low, high), abs=1e-4)


def test_classes_are_matched_by_name(home):
    here = tuple(reversed(home))
    found = {one.label: one for one in against_home(here, home[:1])}
    assert set(found) == {"COVID"}
    assert found["COVID"].difference == 0 and not found["COVID"].significant
    assert found["COVID"].low == pytest.approx(-found["COVID"].high)
