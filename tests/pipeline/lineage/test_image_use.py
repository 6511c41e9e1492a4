from dataclasses import replace

import pytest

from components.imaging.quarantine import FILE_NAME, Quarantined, to_csv
from pipeline.lineage.image_use import find_image
from pipeline.lineage.model import ImageUse
from pipeline.metadata.graph import LineageError
from tests.tf_examples import write_examples


@pytest.fixture
def version(lineage, tmp_path):
    """The lineage of a version, with three images and a file that could not be read."""
    for split, names in {"train": ["a/1.png", "b/1.png"], "test": ["a/2.png"]}.items():
        path = tmp_path / "examples" / f"Split-{split}" / "data.gz"
        write_examples(path, [{"filename": name} for name in names])
    listed = tmp_path / "quarantine"
    listed.mkdir()
    (listed / FILE_NAME).write_text(to_csv([Quarantined("a/3.png", "truncated", "copy it again")]))
    return replace(lineage, examples_uri=str(tmp_path / "examples"), quarantine_uri=str(listed))


def test_a_file_is_found_by_path_by_name_and_below_the_data_folder(version):
    assert find_image(version, "a/1.png") == [ImageUse("a/1.png", "train")]
    assert find_image(version, "/data/my films/a/2.png") == [ImageUse("a/2.png", "test")]
    assert {use.file for use in find_image(version, "1.png")} == {"a/1.png", "b/1.png"}


def test_a_file_in_quarantine_has_a_reason(version):
    (use,) = find_image(version, "3.png")
    assert (use.split, use.reason) == (None, "truncated, copy it again")


def test_a_file_that_was_not_there_or_examples_that_are_gone(version, tmp_path):
    with pytest.raises(LineageError, match=r"used no file 'x\.png'"):
        find_image(version, "x.png")
    for path in (tmp_path / "examples").rglob("*.gz"):
        path.unlink()
    with pytest.raises(LineageError, match="images of this version are gone"):
        find_image(version, "1.png")
