import os
import re
import shlex
import unicodedata
from collections import Counter

import pytest
import yaml

from components.image_example_gen.listing.listing import (
    UNLABELLED,
    list_folders,
    list_labelled,
    list_unlabelled,
)
from components.runtime.errors import DataError
from components.storage.plain_path import plain_path
from tests.data_section import data_section
from tests.tiny_files import write

IMAGES = 30  # of a class: enough for every split to get some


def fill(base, folder, images=IMAGES, prefix=""):
    write(base, *(f"{folder}/{prefix}{number:03}.png" for number in range(images)))


def section(**changes):
    return data_section("COVID", "NORMAL", **{"min_per_class": 1, "min_per_split": 1} | changes)


@pytest.fixture
def base(tmp_path):
    """Two flat class folders of `IMAGES` files."""
    fill(tmp_path, "COVID")
    fill(tmp_path, "NORMAL")
    return tmp_path


def list_(base, **changes):
    return list_folders(str(base), section(**changes))


def labels(listing):
    return {entry.relative: entry.label for entry in listing.entries}


def totals(listing):
    return Counter(entry.label for entry in listing.entries)


# === Which files are images ===


def test_dicom_without_suffix_is_found(base):
    (base / "COVID" / "1.2.840.113619.2.55").write_bytes(bytes(128) + b"DICM" + bytes(100))
    write(base, "NORMAL/notes", "COVID/DICOMDIR")
    listing = list_(base)
    assert labels(listing)["COVID/1.2.840.113619.2.55"] == "COVID"
    assert totals(listing) == {"COVID": IMAGES + 1, "NORMAL": IMAGES}
    assert dict(listing.left_out) == dict.fromkeys(
        ("NORMAL/notes", "COVID/DICOMDIR"), "not_an_image_name"
    )
    assert "COVID/1.2.840.113619.2.55" in labels(list_unlabelled(str(base)))


# === Which class a file is of ===


def test_flat_folders(base):
    listing = list_(base)
    assert totals(listing) == {"COVID": IMAGES, "NORMAL": IMAGES}
    assert listing.left_out == ()
    assert [entry.relative for entry in listing.entries] == sorted(labels(listing))
    counts = listing.counts()
    assert set(counts["COVID"]) == {"train", "eval", "test"}
    assert sum(counts["COVID"].values()) == IMAGES


def test_nested_folders_and_the_nearest_class_counts(tmp_path):
    fill(tmp_path, "first/COVID/site a/2020")
    fill(tmp_path, "second/NORMAL")
    write(tmp_path, "first/COVID/NORMAL/x.png")
    listing = list_(tmp_path)
    assert totals(listing) == {"COVID": IMAGES, "NORMAL": IMAGES + 1}
    assert labels(listing)["first/COVID/NORMAL/x.png"] == "NORMAL"


def test_folders_in_any_case_are_one_class(tmp_path):
    fill(tmp_path, "covid")
    fill(tmp_path, "Covid", images=5)
    fill(tmp_path, "nOrMaL")
    assert totals(list_(tmp_path)) == {"COVID": IMAGES + 5, "NORMAL": IMAGES}


def test_merged_folders_are_one_class(tmp_path):
    for folder in ("COVID", "healthy", "Viral Pneumonia"):
        fill(tmp_path, folder)
    listing = list_(tmp_path, merge={"NORMAL": ["Healthy", "viral pneumonia"]})
    assert totals(listing) == {"COVID": IMAGES, "NORMAL": 2 * IMAGES}


def test_a_merged_class_has_no_folder_of_its_own_name_unless_it_says_so(base):
    fill(base, "healthy")
    with pytest.raises(DataError, match="Folder 'NORMAL' holds 30 images but belongs to no class"):
        list_(base, merge={"NORMAL": ["healthy"]})
    merged = list_(base, merge={"NORMAL": ["healthy", "NORMAL"]})
    assert totals(merged)["NORMAL"] == 2 * IMAGES


def test_names_with_spaces_other_letters_and_upper_case_suffixes(tmp_path):
    # macOS writes folder names with decomposed accents, a recipe's author types composed ones.
    fill(tmp_path, unicodedata.normalize("NFD", "Lungenentzündung links"))
    fill(tmp_path, "正常")
    odd = ["Röntgen Bild 1.PNG", "胸片.Jpeg", "a.b.DCM", "x y\t.tiff", os.fsdecode(b"\xe4.jpg")]
    write(tmp_path, *(f"正常/{name}" for name in odd))
    listing = list_(tmp_path, classes=["Lungenentzündung links", "正常"])
    assert totals(listing) == {"Lungenentzündung links": IMAGES, "正常": IMAGES + len(odd)}
    assert {f"正常/{name}" for name in odd} < set(labels(listing))


# === What is left out ===


def test_ignored_folders_are_left_out_at_any_depth(base):
    write(base, "Masks/1.png", "COVID/masks/2.png", "deep/MASKS/COVID/3.png", "masks/notes.txt")
    listing = list_(base, ignore=["masks"])
    assert totals(listing) == {"COVID": IMAGES, "NORMAL": IMAGES}
    assert {reason for _, reason in listing.left_out} == {"ignored_folder"}
    assert len(listing.left_out) == 4


def test_every_other_visible_file_is_left_out_with_its_reason(base):
    write(base, "README.md", "COVID/Thumbs.db", "overview.png", ".DS_Store", "COVID/._000.png")
    assert dict(list_(base).left_out) == {
        "README.md": "not_an_image_name",
        "COVID/Thumbs.db": "not_an_image_name",
        "overview.png": "not_in_a_class_folder",
    }


def test_the_metadata_file_is_used_not_left_out(base):
    (base / "metadata.csv").write_text("filename,sex\nCOVID/000.png,F\n")
    (base / "other.csv").touch()
    listing = list_(base, metadata={"columns": ["sex"], "min_share": 0})
    assert dict(listing.left_out) == {"other.csv": "not_an_image_name"}
    found = {entry.relative: entry.metadata for entry in listing.entries}
    assert found["COVID/000.png"] == {"sex": "F"}
    assert found["NORMAL/000.png"] == {}


def test_a_csv_that_knows_few_of_the_images_stops_with_both_spellings(base):
    rows = "".join(f"scans/{number}.png,F\n" for number in range(99))
    (base / "metadata.csv").write_text(f"filename,sex\n{rows}")
    message = r"0% of 60 images .*'COVID/000\.png'.*'scans/0\.png'"
    with pytest.raises(DataError, match=message):
        list_(base, metadata={"columns": ["sex"]})


def test_dicom_headers_stand_in_for_a_csv_that_is_not_there(base):
    with pytest.raises(DataError, match=r"'metadata\.csv' .* can't be read"):
        list_(base, metadata={"columns": ["age"]})
    write(base, "COVID/scan.dcm")
    assert totals(list_(base, metadata={"columns": ["age"]}))["COVID"] == IMAGES + 1
    with pytest.raises(DataError, match=r"'metadata\.csv' .* can't be read"):
        list_(base, metadata={"columns": ["age", "site"]})


@pytest.mark.parametrize("folder", ["masks", "Segmentations"])
def test_masks_beside_the_images_of_a_class_stop_the_run(base, folder):
    fill(base, f"COVID/{folder}", images=3)
    with pytest.raises(DataError, match=rf"data\.ignore=\[{folder}\]"):
        list_(base)
    assert totals(list_(base, ignore=[folder])) == {"COVID": IMAGES, "NORMAL": IMAGES}


def test_an_empty_folder_is_named_as_its_user_wrote_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "films [1]"
    with pytest.raises(DataError, match=r"films \[1\]' is missing or empty"):
        list_folders(str(plain_path(folder)), section())


@pytest.mark.parametrize("name", ["1_mask.png", "1-Mask.jpg", "1 segmentation.png"])
def test_masks_in_the_folder_of_a_class_stop_the_run(base, name):
    write(base, "COVID/1.png", f"COVID/{name}")
    with pytest.raises(
        DataError, match=r"1 files are by their names masks.*data\.ignore=\[masks\]"
    ):
        list_(base)


def test_a_name_that_ends_like_a_mask_is_none_without_its_image(base):
    write(base, "COVID/patient_with_mask.png")
    assert totals(list_(base))["COVID"] == IMAGES + 1


# === What is refused ===


@pytest.mark.parametrize("missing", ["", "nowhere", "file.png"])
def test_a_missing_or_empty_folder(tmp_path, missing):
    if missing == "file.png":
        write(tmp_path, missing)
    with pytest.raises(DataError, match=r"missing or empty.*check --data"):
        list_(tmp_path / missing)


def test_a_class_without_images(base):
    (base / "NORMAL" / "readme.txt").touch()
    for path in (base / "NORMAL").glob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match=r"No image found for 'NORMAL'.*\['COVID', 'NORMAL'\]"):
        list_(base)


@pytest.mark.parametrize("folder", ["Covd", "CVOID", "covid_", "train/covd/images"])
def test_a_stray_folder_is_asked_about(base, folder):
    fill(base, "train/NORMAL")
    fill(base, folder, images=7)
    message = f"Folder '{folder}' holds 7 images but belongs to no class. Did you mean 'COVID'?"
    with pytest.raises(DataError, match=re.escape(message)):
        list_(base)


def test_a_stray_folder_like_no_other_is_not_guessed(base):
    fill(base, "Lung_Opacity", images=2)
    with pytest.raises(DataError) as caught:
        list_(base)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    "stray", ["Lung_Opacity/images", "train/Lung Opacity, both", "it's", "no: [x]", "Größe"]
)
def test_the_way_out_for_a_stray_folder_works(base, stray):
    fill(base, "train/COVID")
    fill(base, "COVID/images")
    fill(base, "NORMAL/masks")
    fill(base, stray)
    with pytest.raises(DataError) as caught:
        list_(base, ignore=["masks"])
    _, override = shlex.split(re.search(r"--set .*(?=\.$)", str(caught.value)).group())
    ignore = yaml.safe_load(override.removeprefix("data.ignore="))
    # Neither a class nor what the recipe ignores is lost by following the advice.
    assert totals(list_(base, ignore=ignore)) == {"COVID": 3 * IMAGES, "NORMAL": IMAGES}


# === The cap ===


def test_a_cap_keeps_so_many_and_lists_the_others(base):
    fill(base, "NORMAL", images=3 * IMAGES)
    listing = list_(base, cap_per_class=40)
    assert totals(listing) == {"COVID": IMAGES, "NORMAL": 40}
    assert len(listing.left_out) == 3 * IMAGES - 40
    assert {reason for _, reason in listing.left_out} == {"over_cap_per_class"}
    assert [entry.relative for entry in listing.entries] == sorted(labels(listing))
    assert list_(base, cap_per_class=40) == listing


def test_more_images_replace_few_of_the_kept(base):
    fill(base, "NORMAL", images=100)
    before = labels(list_(base, cap_per_class=50))
    fill(base, "NORMAL", images=10, prefix="new")
    after = labels(list_(base, cap_per_class=50))
    replaced = set(before) - set(after)
    assert 0 < len(replaced) <= 10
    assert len(set(after) - set(before)) == len(replaced)


def test_the_kept_do_not_depend_on_the_other_class(base):
    kept = labels(list_(base, cap_per_class=20))
    fill(base, "NORMAL", images=50, prefix="new")
    assert {name for name, label in kept.items() if label == "COVID"} == {
        name for name, label in labels(list_(base, cap_per_class=20)).items() if label == "COVID"
    }


def test_a_cap_takes_whole_patients(tmp_path):
    for folder in ("COVID", "NORMAL"):
        write(
            tmp_path, *(f"{folder}/{folder}{p:02}_{film}.png" for p in range(40) for film in "abc")
        )
    rule = {"from": "filename", "regex": r"^(?P<patient>\w+)_"}
    listing = list_(tmp_path, patient=rule, cap_per_class=50)
    for name in ("COVID", "NORMAL"):
        films = Counter(entry.patient for entry in listing.entries if entry.label == name)
        # 50 = 16 patients of three films, and two films of the one at the edge.
        assert sorted(films.values()) == [2, *[3] * 16]


# === The fingerprint ===


def rewrite(path):
    """Other bytes, the same size, a later time."""
    before = path.stat()
    path.write_bytes(b"y" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda base: write(base, "COVID/new.png"),
        lambda base: write(base, "notes.txt"),
        lambda base: (base / "COVID/000.png").unlink(),
        lambda base: (base / "COVID/000.png").rename(base / "COVID/other.png"),
        lambda base: (base / "COVID/000.png").rename(base / "NORMAL/other.png"),
        lambda base: rewrite(base / "COVID/000.png"),
        lambda base: rewrite(base / "metadata.csv"),
    ],
    ids=["added", "added text", "removed", "renamed", "moved", "rewritten", "metadata"],
)
def test_the_fingerprint_sees_every_change(base, change):
    (base / "metadata.csv").write_text("filename,sex\n000,F\n")
    for path in base.rglob("*"):  # as unpacked from an archive: only the names differ
        os.utime(path, ns=(0, 1_600_000_000_000_000_000))
    before = list_(base).fingerprint
    change(base)
    assert list_(base).fingerprint != before


def test_the_fingerprint_sees_nothing_else(base):
    before = list_(base).fingerprint
    write(base, ".hidden", "COVID/.DS_Store")
    (base / "COVID/000.png").read_bytes()
    (base / "empty folder").mkdir()
    assert list_(base).fingerprint == before
    # What the recipe makes of the files is in the recipe, not in the data.
    assert list_(base, cap_per_class=20, split_seed=5).fingerprint == before


# === Without labels ===


def test_an_unlabelled_folder_is_listed_whatever_its_folders_are(tmp_path):
    write(tmp_path, "1.png", "inbox/2.DCM", "inbox/notes.txt", ".hidden.png")
    listing = list_unlabelled(str(tmp_path))
    assert [(e.relative, e.label, e.split) for e in listing.entries] == [
        ("1.png", "", UNLABELLED),
        ("inbox/2.DCM", "", UNLABELLED),
    ]
    assert listing.left_out == (("inbox/notes.txt", "not_an_image_name"),)


def test_an_unlabelled_folder_without_images_is_refused(tmp_path):
    with pytest.raises(DataError, match="missing or empty"):
        list_unlabelled(str(tmp_path))
    write(tmp_path, "notes.txt")
    with pytest.raises(DataError, match="No image file below"):
        list_unlabelled(str(tmp_path))


def test_labelled_images_of_another_place_are_all_to_test(tmp_path):
    fill(tmp_path, "COVID", images=1)
    fill(tmp_path, "Normal", images=2)
    data = section(min_per_class=10, patient={"from": "filename", "regex": "(?P<patient>^.)"})
    found = list_labelled(str(tmp_path), data)
    assert [(entry.label, entry.patient, entry.split) for entry in found.entries] == [
        ("COVID", "0", "test"),
        ("NORMAL", "0", "test"),
        ("NORMAL", "0", "test"),
    ]
