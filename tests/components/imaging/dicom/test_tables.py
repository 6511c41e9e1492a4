"""Look-up tables: what they hold decides, not that they are there."""

import numpy as np
import pytest
from pydicom import uid

from components.imaging.images import read_image
from tests.components.imaging.dicom_files import (
    EXPECTED,
    FULL,
    RAMP,
    item,
    linear,
    lut,
    make,
    shown,
)
from tests.components.imaging.pictures import pixels_of, refused

# === Presence is not content ===


@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize("items", [[], item(), item(LUTExplanation="none")], ids=["0", "1", "text"])
def test_an_empty_table_is_none(sequence: str, items: list) -> None:
    image = read_image(make(**FULL, **{sequence: items}))
    np.testing.assert_array_equal(pixels_of(image), EXPECTED)
    assert bool(image.notes) is bool(items)


@pytest.mark.parametrize("groups", [[], item(), item(FrameVOILUTSequence=item())])
def test_empty_functional_groups_hide_nothing(groups: list) -> None:
    shared = item(FrameVOILUTSequence=item(WindowCenter=2048, WindowWidth=4096))
    tags = {
        "PerFrameFunctionalGroupsSequence": groups,
        "SharedFunctionalGroupsSequence": shared,
    }
    np.testing.assert_array_equal(shown(**tags), EXPECTED)


# === What contradicts itself ===


@pytest.mark.parametrize("vr", ["US", "OW"])
def test_a_table_that_is_shorter_than_it_says_is_refused(vr: str) -> None:
    table = lut(0, list(range(100)), vr=vr)
    table[0].LUTDescriptor = [4096, 0, 12]
    error = refused(make(VOILUTSequence=table))
    assert error.reason == "corrupt"
    assert "4096 entries" in error.detail
    assert "holds 100" in error.detail


def test_a_descriptor_of_two_numbers_is_refused() -> None:
    table = lut(0, [0, 1, 2])
    table[0].LUTDescriptor = [3, 0]
    assert "not three whole numbers" in refused(make(VOILUTSequence=table)).detail


# === One entry ===


def test_one_entry_leaves_no_picture() -> None:
    assert "one entry" in refused(make(ModalityLUTSequence=lut(0, [7]))).detail
    image = read_image(make(**FULL, VOILUTSequence=lut(0, [7])))
    np.testing.assert_array_equal(pixels_of(image), EXPECTED)  # the window takes its place
    assert "single grey" in image.notes[0]


# === The standard's own rules ===


def test_entries_of_8_bits_in_bytes() -> None:
    [table] = lut(0, list(range(256)))
    table.LUTDescriptor = [256, 0, 8]
    table.add_new("LUTData", "OW", bytes(range(256)))
    stored = (RAMP // 16).astype(np.uint8)
    np.testing.assert_array_equal(shown(stored, VOILUTSequence=[table]), stored * (255 / 255))


@pytest.mark.parametrize("syntax", [uid.ExplicitVRBigEndian, uid.ExplicitVRLittleEndian])
def test_bytes_follow_the_order_of_the_file(syntax: uid.UID) -> None:
    [table] = lut(0, list(range(4096)))
    order = "<" if syntax.is_little_endian else ">"
    table.add_new("LUTData", "OW", np.arange(4096, dtype=f"{order}u2").tobytes())
    expected = np.rint(RAMP / 4095 * 255)
    np.testing.assert_array_equal(shown(RAMP, syntax, VOILUTSequence=[table]), expected)


def test_first_value_in_twos_complement() -> None:  # PS3.3 C.11.2.1.1: signed after the rescale
    table = lut(-1024, list(range(4096)))
    tags = {"RescaleSlope": 1, "RescaleIntercept": -1024, "VOILUTSequence": table}
    np.testing.assert_array_equal(shown(**tags), np.rint(RAMP / 4095 * 255))


@pytest.mark.parametrize(
    "kind", [uid.XRayAngiographicImageStorage, uid.XRayRadiofluoroscopicImageStorage]
)
def test_the_modality_lut_of_angiography_is_not_for_display(kind: uid.UID) -> None:
    # PS3.3 C.8.7.1.1: it leads back to the intensity of the beam.
    table = lut(0, [value**2 // 4096 for value in range(4096)])
    tags = {**FULL, "ModalityLUTSequence": table}
    np.testing.assert_array_equal(shown(**tags, SOPClassUID=kind), EXPECTED)
    squared = linear(np.square(RAMP.astype(np.int64)) // 4096, 2048, 4096)
    np.testing.assert_array_equal(shown(**tags), squared)
