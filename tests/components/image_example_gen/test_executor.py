"""The whole node, in one process: what goes in comes out as an example or in quarantine."""

import random
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import Quarantine
from components.image_example_gen.executor import Executor
from components.imaging import quarantine
from components.imaging.images import UnreadableImage, read_image
from components.imaging.preprocessing import decode_and_resize
from components.recipe.data import DataSection
from components.runtime.errors import DataError
from pipeline.sample_data import CLASSES, write_sample_data
from tests.components.imaging.dicom_files import make


def section(**changes) -> DataSection:
    values = {
        "classes": list(CLASSES),
        "image_size": 32,
        "patient": {"from": "filename", "regex": r"^(?P<patient>P\d{4})"},
        "metadata": {"columns": ["age", "sex", "site"], "bands": {"age": [40]}},
        "max_quarantine_share": 1.0,
        "min_per_split": 1,
        "min_per_class": 1,
    }
    return DataSection.model_validate(values | changes)


def run_node(base: Path, out: Path, data: DataSection, unlabelled: bool = False):
    """Returns (split → examples, quarantine list)."""
    examples, listed = standard_artifacts.Examples(), Quarantine()
    examples.uri, listed.uri = str(out / "examples"), str(out / "quarantine")
    properties = {
        "input_base": str(base),
        "data": data.model_dump_json(by_alias=True),
        "unlabelled": int(unlabelled),
        "home": str(out),
        "source": "x",
    }
    Executor().Do({}, {"examples": [examples], "quarantine": [listed]}, properties)
    found = {
        split: [
            tf.train.Example.FromString(record)
            for path in Path(artifact_utils.get_split_uri([examples], split)).glob("*.gz")
            for record in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()
        ]
        for split in artifact_utils.decode_split_names(examples.split_names)
    }
    text = (out / "quarantine" / quarantine.FILE_NAME).read_text()
    return found, quarantine.from_csv(text)


def text_of(example: tf.train.Example, name: str) -> str:
    return example.features.feature[name].bytes_list.value[0].decode()


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    base = tmp_path_factory.mktemp("phantoms") / "data"
    write_sample_data(base, patients_per_class=15, size=48)
    return base


@pytest.fixture(scope="module")
def read(phantoms, tmp_path_factory):
    return run_node(phantoms, tmp_path_factory.mktemp("node"), section())


def test_every_file_is_an_example_or_in_quarantine(phantoms, read):
    splits, listed = read
    names = [text_of(example, "filename") for rows in splits.values() for example in rows]
    on_disk = {
        path.relative_to(phantoms).as_posix()
        for path in phantoms.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.name != "metadata.csv"
    }
    assert Counter(names + [item.file for item in listed]) == Counter(on_disk)
    assert len(listed) == 6


def test_no_patient_is_in_two_splits(read):
    splits, _ = read
    patients = {
        split: {text_of(example, "patient") for example in rows} for split, rows in splits.items()
    }
    assert all(patients.values())
    assert not patients["train"] & patients["eval"]
    assert not patients["train"] & patients["test"]
    assert not patients["eval"] & patients["test"]


def test_features_keep_the_contract(read):
    splits, _ = read
    example = splits["train"][0]
    features = example.features.feature
    label = text_of(example, "label")
    assert text_of(example, "filename").startswith(f"{label}/")
    assert features["label_index"].int64_list.value[0] == CLASSES.index(label)
    assert text_of(example, "age_band") in ("0-39", "40+")
    assert text_of(example, "site").startswith("site-")
    pixels = tf.io.decode_image(features["image"].bytes_list.value[0]).numpy()
    assert pixels.shape[:2] == (
        features["height"].int64_list.value[0],
        features["width"].int64_list.value[0],
    )
    assert 0 < features["mean"].float_list.value[0] < 255
    patient = text_of(example, "patient")  # the raw one is in the file name alone
    assert len(patient) == 16 and int(patient, 16) >= 0


def test_unlabelled_folders_have_one_split_and_no_label(phantoms, tmp_path):
    splits, _ = run_node(phantoms, tmp_path, section(), unlabelled=True)
    assert set(splits) == {"unlabelled"}
    assert all("label" not in example.features.feature for example in splits["unlabelled"])


def test_too_much_quarantine_stops_the_node(phantoms, tmp_path):
    with pytest.raises(DataError, match=r"6 of \d+ images .* more than data.max_quarantine_share"):
        run_node(phantoms, tmp_path, section(max_quarantine_share=0.01))


def test_too_few_readable_images_stop_the_node(tmp_path):
    base = tmp_path / "data"
    write_sample_data(base, patients_per_class=8, size=32)
    for path in sorted((base / "COVID").glob("*"))[1:]:
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"Class 'COVID' has \d images"):
        run_node(base, tmp_path / "out", section(min_per_class=5))


def test_500_mutated_images_are_trained_on_or_quarantined(phantoms, tmp_path):
    base = tmp_path / "data"
    originals = [
        path
        for name in CLASSES
        for path in sorted((phantoms / name).iterdir())
        if path.stat().st_size
    ]
    rng = random.Random(5)
    for number in range(500):
        path = originals[number % len(originals)]
        mutated = base / path.parent.name / f"P{number:04d}_{path.name}"
        mutated.parent.mkdir(parents=True, exist_ok=True)
        mutated.write_bytes(_mutate(path.read_bytes(), rng))
    # Few are left of each class: even shares leave some in each split.
    even = {"train": 0.4, "eval": 0.3, "test": 0.3}
    splits, listed = run_node(base, tmp_path / "out", section(metadata=None, split=even))
    examples = [example for rows in splits.values() for example in rows]
    assert len(examples) + len(listed) == 500
    assert 50 < len(listed) < 450  # both happen, or the mutations prove nothing
    assert all(item.reason and item.detail for item in listed)
    encoded = [example.features.feature["image"].bytes_list.value[0] for example in examples]
    pixels = decode_and_resize(tf.constant(encoded), 32, 1, "stretch")
    assert pixels.shape == (len(examples), 32, 32, 1)


def _mutate(data: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 20)) if kind == 1 else 1):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    if kind == 2:
        start = rng.randrange(len(changed))
        changed[start:start] = changed[start // 2 : start]
    return bytes(changed)


def test_notes_and_counts_of_what_was_not_used(tmp_path):
    base = tmp_path / "data"
    write_sample_data(base, patients_per_class=8, size=32)
    image = make(WindowCenter=2000, WindowWidth=0)
    for number in range(8):
        (base / "COVID" / f"P9{number:03d}.IMA").write_bytes(image)
    (base / "NORMAL" / "P9999.IMA").write_bytes(make(Rows=99))
    (base / "NORMAL" / "scribble.doc").write_bytes(b"words")
    splits, listed = run_node(base, tmp_path / "out", section(metadata=None))
    names = [text_of(example, "filename") for rows in splits.values() for example in rows]
    assert sum(name.endswith(".IMA") for name in names) == 8
    assert {item.reason for item in listed if item.file.endswith((".IMA", ".doc"))} == {
        "truncated",
        "not_an_image_name",
    }
    text = (tmp_path / "out" / "quarantine" / quarantine.NOTES_FILE).read_text()
    notes = quarantine.from_csv(text)
    assert {note.reason for note in notes} == {quarantine.NOTED}
    assert sum("Window Width (0028,1051) is 0" in note.detail for note in notes) == 8
    counted = quarantine.summary(listed)
    assert "1 .ima (truncated)" in counted
    assert "1 .doc (not_an_image_name)" in counted


def test_dicom_headers_fill_columns_without_a_csv(tmp_path):
    base = tmp_path / "data"
    for name in CLASSES:
        (base / name).mkdir(parents=True)
        for number in range(30):
            data = make(PatientID=f"{name}{number}", PatientAge="045Y", PatientSex="F")
            (base / name / f"{number}.dcm").write_bytes(data)
    columns = {"columns": ["age", "sex"], "bands": {"age": [40]}}
    changes = {"metadata": columns, "patient": {"from": "dicom"}}
    splits, _ = run_node(base, tmp_path / "out", section(**changes))
    example = next(example for rows in splits.values() for example in rows)
    assert text_of(example, "sex") == "F"
    assert text_of(example, "age_band") == "40+"


def test_the_client_reads_as_the_node_does(phantoms, read):
    """One reading function: the bytes in the examples are those a client sends."""
    splits, _ = read
    for example in splits["test"]:
        data = (phantoms / text_of(example, "filename")).read_bytes()
        try:
            image = read_image(data)
        except UnreadableImage as error:
            raise AssertionError(text_of(example, "filename")) from error
        assert example.features.feature["image"].bytes_list.value[0] == image.encoded
