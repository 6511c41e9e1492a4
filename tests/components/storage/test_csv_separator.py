import pytest

from components.storage.csv_separator import find_separator


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_makes_the_most_wanted_columns(separator):
    text = f'label{separator}"x,y;z"\n'
    assert find_separator(text, {"label"}) == (text, separator)


def test_a_line_of_excel_names_it_and_is_left_out():
    assert find_separator("sep=;\nlabel;file\n", {"label"}) == ("label;file\n", ";")


def test_one_column_is_separated_by_commas():
    assert find_separator("label\nill\n", {"label"}) == ("label\nill\n", ",")
