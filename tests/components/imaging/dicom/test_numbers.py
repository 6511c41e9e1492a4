"""Numeric attributes: read as a whole, or refused with attribute and value; never in part."""

import numpy as np
import pytest
from pydicom import Dataset

from components.imaging.dicom.numbers import label, read_number, read_numbers, read_whole
from components.imaging.images import read_image
from components.imaging.unreadable import UnreadableImage
from tests.components.imaging.dicom_files import EXPECTED, FULL, RAMP, make
from tests.components.imaging.pictures import pixels_of, refused

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom, as it writes

MALFORMED = [
    "2048 HU", "2048/100", "1.5e", "NaN", "inf", "-inf", "1e999", "1_000", "0x10", "--5", "2,048",
    "1,024,000", "five", "5 5", "٣", "1.2.3",
]  # fmt: skip


def written(keyword: str, text: str) -> bytes:
    """A file whose numeric attribute holds any text, as writers without a check leave it."""
    mark = "777777"  # has as many characters as the text gets
    length = max(len(text.encode()), len(mark))
    length += length % 2
    data = make(**{**FULL, keyword: mark.ljust(length, "0")[:16]})
    place = data.index(mark.encode())
    old = len(mark.ljust(length, "0")[:16])
    return data[:place] + text.encode()[:old].ljust(old) + data[place + old :]


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize(
    "keyword", ["WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"]
)
def test_a_malformed_number_is_refused_by_name_and_value(keyword: str, text: str) -> None:
    error = refused(written(keyword, text))
    assert error.reason == "corrupt"
    assert label(keyword) in error.detail
    assert text[:8].strip("-") in error.detail or not text.isascii()


@pytest.mark.parametrize("text", ["2048,0", "+2048,00", "2048,000"])
def test_a_decimal_comma_is_read_as_a_point_and_noted(text: str) -> None:
    image = read_image(written("WindowCenter", text))
    np.testing.assert_array_equal(pixels_of(image), EXPECTED)
    assert image.notes == (
        f"Window Center (0028,1050) is {text!r}: the comma was read as a decimal point",
    )


@pytest.mark.parametrize("text", ["2048", " 2048 ", "2.048e3", "+2048.0", "2048."])
def test_decimal_strings_of_the_standard(text: str) -> None:  # PS3.5 6.2, DS
    image = read_image(written("WindowCenter", text))
    np.testing.assert_array_equal(pixels_of(image), EXPECTED)
    assert image.notes == ()


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_several_values_where_one_is_due_are_refused(keyword: str) -> None:
    assert "though one value is due" in refused(make(**FULL, **{keyword: [1, 2]})).detail


def test_rows_of_two_values_are_refused() -> None:
    dataset = Dataset()
    dataset.add_new("Rows", "US", [16, 16])
    with pytest.raises(UnreadableImage, match=r"Rows \(0028,0010\) is .* one value is due"):
        read_whole(dataset, "Rows", [])


def test_absent_and_empty_are_none() -> None:
    dataset = Dataset()
    dataset.WindowCenter = ""
    assert read_numbers(dataset, "WindowCenter", []) == []
    assert read_number(dataset, "WindowWidth", []) is None


def test_a_whole_number_is_due_for_bits() -> None:
    dataset = Dataset()
    dataset.add_new("BitsStored", "DS", "12.5")
    with pytest.raises(UnreadableImage, match="not a whole number"):
        read_whole(dataset, "BitsStored", [])


def test_bytes_that_do_not_fit_the_type_are_refused() -> None:
    data = make(RAMP)
    # Rows (0028,0010) US: a length of 1 instead of 2, and the byte that is left over taken out.
    place = data.index(b"\x28\x00\x10\x00US\x02\x00")
    broken = data[: place + 6] + b"\x01\x00" + data[place + 8 : place + 9] + data[place + 10 :]
    assert "Rows (0028,0010)" in refused(broken).detail
