import pytest

from components.run_report.slot import RUN_SLOT, fill_slot


def test_a_slot_can_be_filled_any_number_of_times():
    page = f"<p>before</p>{RUN_SLOT}<p>after</p>"
    once = fill_slot(page, "<p>first</p>")
    twice = fill_slot(once, "<p>second</p>")
    assert "<p>first</p>" in once and "<p>first</p>" not in twice and "<p>second</p>" in twice
    assert twice.startswith("<p>before</p>") and twice.endswith("<p>after</p>")
    assert fill_slot(twice, "") == page


@pytest.mark.parametrize("page", ["<p>another page</p>", RUN_SLOT[: len(RUN_SLOT) // 2]])
def test_a_page_without_a_slot_is_an_error(page):
    with pytest.raises(ValueError, match="no slot"):
        fill_slot(page, "")
