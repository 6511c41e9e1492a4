"""The sample data: reproducible, readable, and without a shortcut to the class."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageOps
from pydicom.pixels import apply_windowing

from pipeline.sample_data import (
    BROKEN_KINDS,
    CLASSES,
    MARKER,
    SITES,
    Film,
    SampleData,
    SampleDataError,
    draw_radiograph,
    plan_films,
    write_sample_data,
)
from pipeline.sample_data.broken import plan_broken
from pipeline.sample_data.cohort import FORMATS, QUIRKS
from pipeline.sample_data.lesions import plan_lesions

ORDER = {"patients_per_class": 10, "seed": 3, "size": 40}
PATIENT = re.compile(r"^(?P<patient>P\d{4})")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> SampleData:
    return write_sample_data(tmp_path_factory.mktemp("sample") / "images", **ORDER)


@pytest.fixture(scope="module")
def films() -> list[Film]:
    return plan_films(**ORDER)


def rows(data: SampleData) -> list[dict[str, str]]:
    with data.metadata.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def image_files(data: SampleData) -> set[str]:
    return {f"{path.parent.name}/{path.name}" for path in data.root.glob("*/*")}


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def of_format(films: list[Film], kind: str) -> Iterator[Film]:
    return (film for film in films if film.format == kind)


def per_class(films: list[Film], key: Callable[[Film], object]) -> list[Counter[object]]:
    return [Counter(key(film) for film in films if film.patient.label == name) for name in CLASSES]


# === Reproducible ===


def test_same_arguments_give_same_bytes(data: SampleData, tmp_path: Path) -> None:
    again = write_sample_data(tmp_path / "elsewhere", **ORDER)
    assert contents(again.root) == contents(data.root)


def test_other_seed_gives_other_people(films: list[Film]) -> None:
    assert not np.array_equal(draw_radiograph(films[0], 3), draw_radiograph(films[0], 4))


def test_second_call_touches_nothing(data: SampleData) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.root.rglob("*")}
    again = write_sample_data(data.root, **ORDER)
    assert data.written
    assert again == replace(data, written=False)
    assert {path: path.stat().st_mtime_ns for path in data.root.rglob("*")} == before


def test_interrupted_drawing_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = {"patients_per_class": 1, "seed": 3, "size": 32}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.sample_data.dataset._table", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_sample_data(tmp_path, **order)
    assert not (tmp_path / MARKER).exists()

    assert write_sample_data(tmp_path, **order).written
    assert not write_sample_data(tmp_path, **order).written


# === Refusals ===


def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(SampleDataError, match=r"empty folder.*'holiday\.jpg'.*another folder"):
        write_sample_data(tmp_path, **ORDER)
    assert contents(tmp_path) == {"holiday.jpg": b"sea"}


def test_other_order_is_refused(data: SampleData) -> None:
    with pytest.raises(SampleDataError, match=r"Asked for: .*seed=4.*Received: .*seed=3.*Delete"):
        write_sample_data(data.root, **{**ORDER, "seed": 4})


@pytest.mark.parametrize(("state", "spoil"), [("missing", None), ("changed", b"")])
def test_spoilt_data_set_is_refused(tmp_path: Path, state: str, spoil: bytes | None) -> None:
    order = {"patients_per_class": 1, "seed": 3, "size": 32}
    data = write_sample_data(tmp_path / "images", **order)
    victim = data.metadata
    victim.unlink() if spoil is None else victim.write_bytes(spoil)
    with pytest.raises(SampleDataError, match=f"'metadata.csv' is {state}"):
        write_sample_data(data.root, **order)


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_text("")
    with pytest.raises(SampleDataError, match="is a file"):
        write_sample_data(path)


@pytest.mark.parametrize(
    "wrong", [{"patients_per_class": 0}, {"patients_per_class": 3334}, {"seed": -1}, {"size": 31}]
)
def test_argument_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(SampleDataError, match=rf"{name} is a whole number .*Received: {value}\."):
        write_sample_data(tmp_path / "images", **wrong)
    assert not (tmp_path / "images").exists()


# === Contents ===


def test_counts(data: SampleData) -> None:
    assert data.images == dict.fromkeys(CLASSES, 20)
    assert (data.patients, data.broken) == (30, len(BROKEN_KINDS))
    assert len(image_files(data)) == sum(data.images.values()) + data.broken


def test_default_set_is_about_420_images() -> None:
    assert len(plan_films(70, 7, 160)) == 420


def test_metadata_names_every_file_once(data: SampleData) -> None:
    names = [row["filename"] for row in rows(data)]
    assert len(names) == len(set(names))
    assert set(names) == image_files(data)
    assert list(rows(data)[0]) == ["filename", "patient_id", "age", "sex", "view", "site"]


def test_metadata_agrees_with_names_and_itself(data: SampleData) -> None:
    people: dict[str, set[tuple[str, ...]]] = {}
    for row in rows(data):
        label, name = row["filename"].split("/")
        match = PATIENT.match(name)
        assert match is not None
        assert match["patient"] == row["patient_id"]
        assert f"_{row['view']}" in name
        assert row["view"] in ("PA", "AP")
        person = (label, row["age"], row["sex"], row["site"])
        people.setdefault(row["patient_id"], set()).add(person)
        assert row["sex"] in "FM"
        assert row["site"] in SITES
        assert 20 <= int(row["age"]) <= 90
    assert all(len(person) == 1 for person in people.values())
    assert len(people) == data.patients


def test_patients_have_one_to_three_films(films: list[Film]) -> None:
    counts = Counter(film.patient for film in films)
    assert set(counts.values()) == {1, 2, 3}


# === No shortcut to the class ===


@pytest.mark.parametrize(
    "attribute",
    ["format", "view", "height", "width", "quirk", "index"],
)
def test_film_attributes_do_not_tell_the_class(films: list[Film], attribute: str) -> None:
    first, *others = per_class(films, lambda film: getattr(film, attribute))
    assert all(other == first for other in others)


@pytest.mark.parametrize("attribute", ["sex", "site", "age"])
def test_patient_attributes_do_not_tell_the_class(films: list[Film], attribute: str) -> None:
    once = [film for film in films if film.index == 1]
    first, *others = per_class(once, lambda film: getattr(film.patient, attribute))
    assert all(other == first for other in others)


def test_patient_numbers_do_not_tell_the_class() -> None:
    once = [film for film in plan_films(70, 7, 160) if film.index == 1]
    middles = [
        np.mean([film.patient.number for film in once if film.patient.label == name])
        for name in CLASSES
    ]
    assert np.ptp(middles) < 0.15 * len(once)


def test_only_the_lungs_tell_the_class(films: list[Film]) -> None:
    film = films[0]
    healthy, ill = (
        draw_radiograph(replace(film, patient=replace(film.patient, label=label)), 3)
        for label in ("NORMAL", "PNEUMONIA")
    )
    differs = np.abs(healthy - ill) > 0.02
    assert 0.02 < differs.mean() < 0.4
    border = np.ones_like(differs)
    border[2:-2, 2:-2] = False
    assert not differs[border].any()


def test_mean_brightness_does_not_tell_the_class() -> None:
    films = plan_films(20, 7, 40)
    means = {
        label: [draw_radiograph(film, 7).mean() for film in films if film.patient.label == label]
        for label in CLASSES
    }
    spread = max(np.std(values) for values in means.values())
    assert np.ptp([np.mean(values) for values in means.values()]) < 1.5 * spread


@pytest.mark.parametrize("seed", range(5))
def test_lesions_follow_the_textbook(seed: int) -> None:
    def plan(label: str) -> tuple[object, ...]:
        return plan_lesions(label, np.random.default_rng(seed))

    covid, pneumonia = plan("COVID"), plan("PNEUMONIA")
    assert plan("NORMAL") == ()
    assert len(pneumonia) == 1
    assert {patch.side for patch in covid} == {"right", "left"}
    assert all(patch.centre[0] > 0.6 for patch in covid)
    assert max(patch.strength for patch in covid) < pneumonia[0].strength


def test_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 'FRACTURE'"):
        plan_lesions("FRACTURE", np.random.default_rng(0))


# === Formats ===


def test_every_format_and_quirk_occurs_in_every_class(films: list[Film]) -> None:
    for label in CLASSES:
        own = [film for film in films if film.patient.label == label]
        assert {film.format for film in own} == set(FORMATS)
        assert Counter(film.quirk for film in own if film.quirk) == dict.fromkeys(QUIRKS, 1)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("png", "L"), ("png-rgb", "RGB"), ("png-16", "I;16"), ("jpeg", "L"), ("bmp", "L")],
)
def test_pictures_open_upright(data: SampleData, films: list[Film], kind: str, mode: str) -> None:
    for film in of_format(films, kind):
        with Image.open(data.root / film.path) as picture:
            assert picture.mode == mode
            upright = np.asarray(ImageOps.exif_transpose(picture), dtype=np.float64)
        assert upright.shape[:2] == (film.height, film.width)
        grey = upright if upright.ndim == 2 else upright[..., 0]
        scale = 65535 if kind == "png-16" else 255
        drawn = draw_radiograph(film, ORDER["seed"])
        assert np.abs(grey / scale - drawn).mean() < 0.02


def test_one_jpeg_lies_on_its_side(data: SampleData, films: list[Film]) -> None:
    for film in (film for film in films if film.quirk == "rotated"):
        with Image.open(data.root / film.path) as picture:
            assert picture.getexif()[0x0112] == 6
            assert picture.size == (film.height, film.width)


def test_awkward_names_keep_the_patient(data: SampleData, films: list[Film]) -> None:
    names = {film.quirk: film.name for film in films if film.quirk}
    assert names["upper-case"].endswith(".PNG")
    assert " " in names["space"]
    assert not names["non-ascii"].isascii()
    assert all(PATIENT.match(name) for name in names.values())


@pytest.mark.parametrize(
    ("kind", "bits", "photometric"),
    [
        ("dicom", 12, "MONOCHROME2"),
        ("dicom-inverted", 12, "MONOCHROME1"),
        ("dicom-8", 8, "MONOCHROME2"),
    ],
)
def test_dicom_shows_what_was_drawn(
    data: SampleData, films: list[Film], kind: str, bits: int, photometric: str
) -> None:
    for film in of_format(films, kind):
        dicom = pydicom.dcmread(data.root / film.path)
        assert (dicom.BitsStored, dicom.PhotometricInterpretation) == (bits, photometric)
        assert (dicom.PatientID, dicom.PatientSex) == (film.patient.id, film.patient.sex)
        assert dicom.PatientAge == f"{film.patient.age:03d}Y"
        assert dicom.ViewPosition == film.view
        assert ("WindowCenter" in dicom) == (bits == 12)

        shown = apply_windowing(dicom.pixel_array, dicom).astype(np.float64)
        shown /= 2**bits - 1
        shown = 1.0 - shown if photometric == "MONOCHROME1" else shown
        assert np.abs(shown - draw_radiograph(film, ORDER["seed"])).max() < 0.005


def test_dicom_identifiers_are_unique_and_valid(data: SampleData, films: list[Film]) -> None:
    wanted = [film for film in films if film.format.startswith("dicom")]
    uids = [
        pydicom.dcmread(data.root / film.path, stop_before_pixels=True).SOPInstanceUID
        for film in wanted
    ]
    assert len(set(uids)) == len(wanted)
    assert all(uid.is_valid for uid in uids)


# === Broken files ===


def broken_paths(data: SampleData, films: list[Film]) -> dict[str, Path]:
    return {damaged.kind: data.root / damaged.film.path for damaged in plan_broken(films)}


def test_every_kind_of_broken_file_is_there(data: SampleData, films: list[Film]) -> None:
    paths = broken_paths(data, films)
    assert set(paths) == set(BROKEN_KINDS)
    assert all(path.is_file() and PATIENT.match(path.name) for path in paths.values())
    assert Counter(path.parent.name for path in paths.values()) == dict.fromkeys(CLASSES, 2)


@pytest.mark.parametrize("kind", [kind for kind in BROKEN_KINDS if "dicom" not in kind])
def test_broken_picture_cannot_be_read(data: SampleData, films: list[Film], kind: str) -> None:
    def read() -> None:
        with Image.open(broken_paths(data, films)[kind]) as picture:
            picture.load()

    with pytest.raises((OSError, Image.DecompressionBombError)):
        read()


def test_bomb_is_tiny_and_claims_gigapixels(data: SampleData, films: list[Film]) -> None:
    content = broken_paths(data, films)["decompression-bomb"].read_bytes()
    assert len(content) < 1000
    assert content[16:24] == (60_000).to_bytes(4, "big") * 2


def test_dicom_without_pixels_parses_but_has_none(data: SampleData, films: list[Film]) -> None:
    dicom = pydicom.dcmread(broken_paths(data, films)["dicom-without-pixels"])
    assert "PixelData" not in dicom
    assert dicom.PatientID.startswith("P")


# === Cost ===


def test_import_needs_neither_tensorflow_nor_tfx() -> None:
    code = (
        "import sys, pipeline.sample_data; "
        "print(sorted({'tensorflow', 'tfx', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
