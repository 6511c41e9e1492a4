"""The folder listed in parts is the folder listed as a whole: the same rows, the same sentences."""

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from components.image_example_gen.listing.listing import list_folders
from components.image_example_gen.shards import runs, shards
from components.image_example_gen.shards.list_shards import judged_alone, list_shards
from components.image_example_gen.shards.parts import Rules, write_listing
from components.image_example_gen.shards.shards import Shards
from components.recipe.data import DataSection
from components.runtime.errors import DataError
from components.storage.listed_once import list_files, listed_once
from tests.components.imaging.dicom_files import make
from tests.tiny_files import write

KEY = b"key"
IMAGES = 90  # of a class


def section(**changes):
    values = {
        "classes": ["COVID", "NORMAL"],
        "patient": {"from": "filename", "regex": "^(?P<patient>P[0-9]+)"},
        "ignore": ["masks"],
        "min_per_class": 1,
        "min_per_split": 1,
    }
    return DataSection.model_validate(values | changes)


@pytest.fixture(autouse=True)
def many_small_pieces(monkeypatch):
    """Several shards a part, several runs and groups a folder, as a million files have."""
    monkeypatch.setattr(shards, "IMAGES", 8)
    monkeypatch.setattr(shards, "_SHARDS", 5)
    monkeypatch.setattr(runs, "_FILES", 40)
    monkeypatch.setattr(runs, "_GROUP", 7)


@pytest.fixture
def base(tmp_path):
    base = tmp_path / "data"
    for label in ("COVID", "normal"):
        write(base, *(f"{label}/{n % 3}/P{n // 2}_{n % 2}.png" for n in range(IMAGES)))
    write(base, "readme.txt", "COVID/P9_9.txt", "COVID/masks/1.png", "loose.png")
    write(base, "COVID/P7_caf\udce9.png")  # a name that is no UTF-8
    (base / "normal" / "P8.gone.png").symlink_to("nowhere")
    return base


def rows_of(found: Shards):
    return [found.read(number) for number in range(found.count)]


def listed(base, folder, data, pipeline=None):
    folder.mkdir()
    rules = Rules(str(base), data, KEY)
    return list_shards(rules, str(folder), pipeline, on_engine=pipeline is not None)


def as_a_whole(base, folder, data):
    folder.mkdir()
    listing = list_folders(str(base), data)
    found = Shards.of(len(listing.files), str(folder))
    write_listing(listing, found, KEY)
    return rows_of(found), len(listing.entries)


def test_the_same_rows_as_of_the_whole(base, tmp_path):
    rows, images = as_a_whole(base, tmp_path / "whole", section())
    found = listed(base, tmp_path / "parts", section())
    assert rows_of(found.shards) == rows
    assert found.images == images == 2 * IMAGES + 2
    assert len(found.shards.parts) > 3
    assert len(list((tmp_path / "parts").glob("run-*"))) > 3


def test_the_same_rows_by_the_workers_of_an_engine(base, tmp_path):
    options = PipelineOptions(["--runner=DirectRunner"])
    found = listed(base, tmp_path / "beam", section(), lambda: beam.Pipeline(options=options))
    here = listed(base, tmp_path / "here", section())
    assert rows_of(found.shards) == rows_of(here.shards)


def test_within_a_run_the_list_that_it_started_with_counts(base, tmp_path):
    with listed_once():
        before = len(list_files(str(base)))
        write(base, "COVID/P1_new.png")
        found = listed(base, tmp_path / "parts", section())
    assert sum(map(len, rows_of(found.shards))) == before


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ({}, ["Covd/1.png", "Covd/2.png", "other/3.png"]),
        ({"ignore": []}, []),
        ({}, ["COVID/P1_mask.png", "COVID/P1.png"]),
        ({}, ["COVID/stranger.png", "COVID/another.png"]),
        ({}, ["train/COVID/P1.png", "test/COVID/P2.png"]),
        ({"min_per_class": 1000}, []),
        ({"min_per_split": 30}, []),
        ({"classes": ["COVID", "normal", "third"]}, []),
        ({"metadata": {"columns": ["age"]}}, []),
        ({"metadata": {"columns": ["site"]}}, ["COVID/P1.dcm"]),
    ],
    ids=["stray", "masks", "mask files", "no patient", "splits", "few", "few in a split",
         "no image", "no table", "no table, other columns"],
)  # fmt: skip
def test_the_same_sentence_where_something_is_wrong(base, tmp_path, changes, new):
    write(base, *new)
    with pytest.raises(DataError) as whole:
        list_folders(str(base), section(**changes))
    with pytest.raises(DataError) as parts:
        listed(base, tmp_path / "parts", section(**changes))
    assert str(parts.value) == str(whole.value)


def test_an_empty_folder_and_one_without_images(tmp_path):
    write(tmp_path, "notes/1.txt")
    for folder, message in (("none", "missing or empty"), ("notes", "No image file")):
        with pytest.raises(DataError, match=message):
            listed(tmp_path / folder, tmp_path / f"parts of {folder}", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"fold": {"of": 3, "number": 1}},
        {"cap_per_class": 60},
        {"patient": {"from": "metadata", "column": "id"}, "metadata": {"min_share": 0.1}},
    ],
    ids=["folds", "cap", "table"],
)
def test_rules_that_look_at_several_images_list_the_whole(base, tmp_path, changes):
    names = [path.relative_to(base) for path in base.rglob("*.png")]
    rows = "".join(f"{name},{name.name[:3]}\n" for name in names if "caf" not in str(name))
    (base / "metadata.csv").write_text(f"filename,id\n{rows}COVID/1/P7_caf.png,P7\n")
    (base / "COVID" / "P7_caf\udce9.png").unlink()
    data = section(**changes)
    assert not judged_alone(str(base), data)
    found = listed(base, tmp_path / "parts", data)
    assert rows_of(found.shards) == as_a_whole(base, tmp_path / "whole", data)[0]


def test_headers_that_name_a_patient_twice_are_found_in_all_parts(base, tmp_path):
    data = section(patient={"from": "each_file"})
    assert judged_alone(str(base), data)
    for number in range(2):
        (base / "COVID" / f"{number}.dcm").write_bytes(make(PatientID="P1"))
    with pytest.raises(DataError, match="the DICOM headers name 1 patients for 2 files"):
        listed(base, tmp_path / "parts", data)


def test_patients_of_headers(base, tmp_path):
    for label in ("COVID", "normal"):
        for number in range(30):
            path = base / "dicom" / label / f"{number}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make(PatientID=f"P{number // 2}"))
    data = section(patient={"from": "dicom"})
    rows, _ = as_a_whole(base / "dicom", tmp_path / "whole", data)
    assert rows_of(listed(base / "dicom", tmp_path / "parts", data).shards) == rows
