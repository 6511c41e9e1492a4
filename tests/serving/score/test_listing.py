import os

import pytest

from serving.score.errors import ScoreError
from serving.score.listing import NO_SUFFIX, left_out_text, list_images


def test_images_are_found_at_any_depth_in_the_order_of_their_names(make_folder):
    folder = make_folder(
        {"b/2.PNG": 1, "b/1.dcm": b"", "a-b/c.tif": b"", "a/z/deep.jpeg": b"", "0.webp": b""}
    )
    listing = list_images(folder)
    assert listing.images == ("0.webp", "a-b/c.tif", "a/z/deep.jpeg", "b/1.dcm", "b/2.PNG")
    assert listing.names == listing.images


def test_names_that_are_no_text_sort_as_the_csv_names_them(make_folder):
    folder = make_folder({"a.png": 1, "l.png": 1})
    os.rename(os.fsencode(folder / "l.png"), os.path.join(os.fsencode(folder), b"\xe9.png"))
    assert list_images(folder).names == (r"\xe9.png", "a.png")


def test_other_files_are_counted(make_folder):
    folder = make_folder({"a.png": 1, "Thumbs.db": b"", "IM001": b"", "IM002": b"", ".hidden": b""})
    left_out = list_images(folder).left_out
    assert left_out == {NO_SUFFIX: 2, ".db": 1}
    assert left_out_text(left_out) == "3 files that are no images (2 without suffix, 1 .db)"


def test_dicom_without_suffix_is_found(make_folder):
    dicom = bytes(128) + b"DICM" + bytes(100)
    folder = make_folder({"CT/IM000001": dicom, "CT/1.2.840.113619.2.55": dicom, "CT/notes": b"x"})
    listing = list_images(folder)
    assert listing.images == ("CT/1.2.840.113619.2.55", "CT/IM000001")
    assert listing.left_out == {NO_SUFFIX: 1}


def test_no_folder_and_no_image_are_sentences(make_folder, tmp_path):
    with pytest.raises(ScoreError, match=r"no folder .*nowhere"):
        list_images(tmp_path / "nowhere")
    with pytest.raises(ScoreError, match=r"No image.*but 1 file that is no image.*1 \.txt.*\.dcm"):
        list_images(make_folder({"a.txt": b""}))
