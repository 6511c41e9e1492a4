"""The folder: reproducible, complete or refused."""

import csv
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from pipeline.sample_data import CLASSES, SampleDataError, write_sample_data
from pipeline.sample_data.broken import KINDS
from pipeline.sample_data.dataset import MARKER
from tests.paths import ROOT
from tests.pipeline.sample_data.conftest import ARGUMENTS

SMALL = {"patients_per_class": 1, "seed": 3, "size": 32}


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes(drawn, tmp_path):
    write_sample_data(tmp_path / "elsewhere", **ARGUMENTS)
    assert contents(tmp_path / "elsewhere") == contents(drawn.root)


def test_the_second_call_touches_nothing(drawn):
    before = {path: path.stat().st_mtime_ns for path in drawn.root.rglob("*")}
    assert drawn.report.written
    assert write_sample_data(drawn.root, **ARGUMENTS) == replace(drawn.report, written=False)
    assert {path: path.stat().st_mtime_ns for path in drawn.root.rglob("*")} == before


def test_the_metadata_name_every_file_once_and_agree_with_its_name(drawn):
    with (drawn.root / "metadata.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == ["filename", "patient_id", "age", "sex", "view", "site"]
    names = [row["filename"] for row in rows]
    assert sorted(names) == sorted(name for name in contents(drawn.root) if "/" in name)
    assert len(names) == sum(drawn.report.images.values()) + drawn.report.broken
    people = {film.path: film.patient for film in drawn.films}
    for row in rows:
        label, patient, view = re.fullmatch(
            r"(\w+)/(P\d{4})_(PA|AP)_\d\.\w+", row["filename"]
        ).groups()
        assert (label in CLASSES, patient, view) == (True, row["patient_id"], row["view"])
        if who := people.get(row["filename"]):
            assert (who.id, str(who.age), who.sex, who.site) == (
                row["patient_id"], row["age"], row["sex"], row["site"],
            )  # fmt: skip


def test_the_report_counts_what_is_there(drawn):
    assert drawn.report.images == dict.fromkeys(CLASSES, 30)
    assert (drawn.report.patients, drawn.report.broken) == (45, len(KINDS))


def test_an_interrupted_drawing_is_resumed(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.sample_data.dataset._table", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_sample_data(tmp_path, **SMALL)
    assert write_sample_data(tmp_path, **SMALL).written
    assert not write_sample_data(tmp_path, **SMALL).written


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(SampleDataError, match=r"empty folder.*'holiday\.jpg'.*another folder"):
        write_sample_data(tmp_path, **ARGUMENTS)
    assert contents(tmp_path) == {"holiday.jpg": b"sea"}


@pytest.mark.parametrize("marker", [None, "", "{}"])
def test_other_arguments_and_a_damaged_marker_are_refused(tmp_path, marker):
    write_sample_data(tmp_path, **SMALL)
    if marker is not None:
        (tmp_path / MARKER).write_text(marker)
    with pytest.raises(SampleDataError, match=r"Wanted: .*'seed': 4.*Received: .*Delete"):
        write_sample_data(tmp_path, **{**SMALL, "seed": 4})


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "images").write_text("")
    with pytest.raises(SampleDataError, match="is a file"):
        write_sample_data(tmp_path / "images")


@pytest.mark.parametrize(
    "wrong", [{"patients_per_class": 0}, {"patients_per_class": 3334}, {"seed": -1}, {"size": 31}]
)
def test_an_argument_out_of_range_is_refused(tmp_path, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(SampleDataError, match=rf"{name} is a whole number .*Received: {value}\."):
        write_sample_data(tmp_path / "images", **wrong)
    assert not (tmp_path / "images").exists()


def test_the_import_needs_neither_tensorflow_nor_tfx():
    code = (
        "import sys, pipeline.sample_data; "
        "print(sorted({'tensorflow', 'tfx', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
