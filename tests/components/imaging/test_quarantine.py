import os

import pytest

from components.imaging.images import REASONS
from components.imaging.quarantine import BY_RULE, Quarantined, from_csv, summary, to_csv


def test_the_list_is_sorted_and_has_a_header():
    text = to_csv([Quarantined("b.png", "empty"), Quarantined("a.png", "corrupt", "bad CRC")])
    assert text == "file,reason,detail\na.png,corrupt,bad CRC\nb.png,empty,\n"


def test_an_empty_list_is_a_header():
    assert to_csv([]) == "file,reason,detail\n"
    assert from_csv(to_csv([])) == []


@pytest.mark.parametrize(
    "name", ["a, b.png", 'say "x".png', "two\nlines.png", "Röntgen/ä.PNG", "=1+1"]
)
def test_awkward_names_and_details_survive(name):
    items = [Quarantined(name, "corrupt", f'in {name}: "bad", says the decoder')]
    assert from_csv(to_csv(items)) == items


def test_a_spreadsheet_computes_nothing():
    text = to_csv([Quarantined("=HYPERLINK(A1).txt", "corrupt", "@SUM(A1)")])
    assert text.endswith("\n'=HYPERLINK(A1).txt,corrupt,'@SUM(A1)\n")


def test_a_name_that_is_not_utf8_can_still_be_written():
    text = to_csv([Quarantined(os.fsdecode(b"caf\xe9.png"), "empty")])
    assert "caf\N{REPLACEMENT CHARACTER}.png,empty" in text
    text.encode()  # a lone surrogate would not


def test_summary_counts_by_suffix_and_reason():
    items = [Quarantined(f"{n}.dcm", "corrupt") for n in range(3)] + [Quarantined("IM1", "empty")]
    assert summary(items) == "4 files not used: 3 .dcm (corrupt), 1 without suffix (empty)"
    assert summary([]) == ""


def test_a_detail_with_nul_can_be_written():
    (item,) = from_csv(to_csv([Quarantined("a.dcm", "unsupported", "MONO\0CHROME")]))
    assert item.detail == "MONO\N{REPLACEMENT CHARACTER}CHROME"


def test_what_the_recipe_leaves_out_is_no_fault_of_the_file():
    assert Quarantined("a.png", "corrupt").unreadable
    assert not Quarantined("a.png", "ignored_folder").unreadable
    assert BY_RULE.isdisjoint(REASONS)
