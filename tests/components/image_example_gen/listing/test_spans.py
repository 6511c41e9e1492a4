"""Which images a rolling range takes, and in which split they are."""

import pytest

from components.image_example_gen.listing.listing import list_folders
from components.image_example_gen.listing.spans import OUTSIDE, span_numbers
from components.recipe.data import DataSection, Spans
from components.runtime.errors import DataError


def section(**spans) -> DataSection:
    values = {
        "classes": ["a", "b"],
        "patient": {"from": "filename", "regex": r"^(?P<patient>P\d+)"},
        "min_per_class": 1,
        "min_per_split": 1,
        "spans": spans,
    }
    return DataSection.model_validate(values)


@pytest.fixture
def folder(tmp_path):
    """Three spans of thirty patients; P0 is in the first and in the last of them."""
    for place, span in enumerate(("span-1", "span-02", "span-5")):
        for label in "ab":
            (tmp_path / span / label).mkdir(parents=True)
            for number in range(place * 30, place * 30 + 30):
                (tmp_path / span / label / f"P{number}{label}.png").write_bytes(b"x")
    (tmp_path / "span-5" / "a" / "P0again.png").write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(("wanted", "spans"), [(1, {5}), (3, {5}), (4, {2, 5}), (5, {1, 2, 5})])
def test_the_range_counts_back_from_the_latest_span(folder, wanted, spans):
    listing = list_folders(str(folder), section(rolling_range=wanted))
    assert {int(e.relative.split("/")[0][5:]) for e in listing.entries} == spans
    left_out = dict(listing.left_out)
    assert set(left_out.values()) <= {OUTSIDE}
    assert len(left_out) + len(listing.entries) == 181


def test_no_patient_changes_the_split_when_the_range_moves_on(folder):
    every = {e.patient: e.split for e in list_folders(str(folder), section()).entries}
    kept = list_folders(str(folder), section(rolling_range=1)).entries
    assert {e.patient for e in kept} == {"P0", *(f"P{n}" for n in range(60, 90))}
    assert all(every[entry.patient] == entry.split for entry in kept)


def test_test_images_of_earlier_spans_leave_too(folder):
    kept = list_folders(str(folder), section(rolling_range=4)).entries
    tested = [entry for entry in kept if entry.split == "test"]
    assert tested
    assert not any(entry.relative.startswith("span-1/") for entry in tested)


def test_dates_count_days_since_1970():
    spans = Spans(folder="{YYYY}-{MM}-{DD}")
    assert span_numbers(["1970-01-02/a/x.png", "a/2026-11-28/x.png"], spans) == [1, 20785]


@pytest.mark.parametrize(
    ("path", "said"),
    [("a/x.png", "no folder"), ("span-1/a/span-2/x.png", "2 folders"), ("2024/a/x", "no folder")],
)
def test_an_image_in_no_span_or_in_two_is_refused(path, said):
    with pytest.raises(DataError, match=said):
        span_numbers(["span-1/a/x.png", path], Spans())


def test_a_folder_that_is_no_date_is_refused():
    with pytest.raises(DataError, match=r"'2024-13-01'.* is no date"):
        span_numbers(["2024-13-01/a/x.png"], Spans(folder="{YYYY}-{MM}-{DD}"))


@pytest.mark.parametrize("folder", ["span", "a/{SPAN}", "{SPAN}{SPAN}", "{YYYY}", "{span}"])
def test_a_pattern_without_a_number_is_refused(folder):
    with pytest.raises(ValueError, match="name of one folder"):
        Spans(folder=folder)
