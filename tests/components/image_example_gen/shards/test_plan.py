"""A second run of the node on a folder that has changed, beside a first run on the same."""

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import TAKEN_OVER, Quarantine
from components.image_example_gen.executor import Executor
from components.image_example_gen.shards import shards as sharding
from components.image_example_gen.shards import write_shard
from components.image_example_gen.shards.examples import read_entry
from components.imaging import quarantine
from components.imaging.measures.stored import FOLDER, feature_values
from components.recipe.data import DataSection
from components.storage.examples import records
from components.storage.manifest import read_rows
from pipeline.sample_data import CLASSES, write_sample_data


@dataclass
class Run:
    """What a run wrote and read; examples, measures and rows in any order."""

    uri: str
    examples: Counter
    measures: Counter
    rows: list
    quarantine: str
    known: int
    span: int
    read: list


def section(**changes) -> DataSection:
    values = {
        "classes": list(CLASSES),
        "patient": {"from": "filename", "regex": r"^(?P<patient>P\d{4})"},
        "max_quarantine_share": 1.0,
        "min_per_split": 1,
        "min_per_class": 1,
    }
    return DataSection.model_validate(values | changes)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "films"
    write_sample_data(folder, patients_per_class=20, size=32)
    return folder


@pytest.fixture
def films(drawn, tmp_path) -> Path:
    return shutil.copytree(drawn, tmp_path / "films")


@pytest.fixture
def run(tmp_path, films, monkeypatch):
    """Returns a function that runs the node in a home; its executions have numbers."""
    monkeypatch.setattr(sharding, "IMAGES", 10)
    read: list[str] = []

    def counted(base, entry, data):
        read.append(entry.relative)
        return read_entry(base, entry, data)

    monkeypatch.setattr(f"{write_shard.__name__}.read_entry", counted)
    monkeypatch.setenv("MEDTFX_PATIENT_KEY", "0123456789abcdef" * 4)

    def run_node(home: str, number: int, data: DataSection | None = None, source="x") -> Run:
        examples, listed = standard_artifacts.Examples(), Quarantine()
        examples.uri = str(tmp_path / home / "examples" / str(number))
        listed.uri = str(tmp_path / home / "quarantine" / str(number))
        data = data or section()
        properties = {
            "input_base": str(films),
            "data": data.as_read().model_dump_json(by_alias=True),
            "unlabelled": 0,
            "home": str(tmp_path / home),
            "source": source,
        }
        read.clear()
        Executor().Do({}, {"examples": [examples], "quarantine": [listed]}, properties)
        files = {
            split: Path(artifact_utils.get_split_uri([examples], split)).glob("*.gz")
            for split in artifact_utils.decode_split_names(examples.split_names)
        }
        return Run(
            examples.uri,
            Counter((split, one) for split, found in files.items() for one in contents(found)),
            Counter(contents(Path(examples.uri, FOLDER).glob("*.gz"))),
            sorted(map(str, read_rows(examples.uri))),
            Path(listed.uri, quarantine.FILE_NAME).read_text(),
            listed.get_int_custom_property(TAKEN_OVER),
            examples.get_int_custom_property("span"),
            sorted(read),
        )

    return run_node


def contents(paths) -> list[bytes]:
    return list(records([str(path) for path in paths]).as_numpy_iterator())


def assert_same(one: Run, other: Run) -> None:
    assert one.examples == other.examples
    assert one.measures == other.measures
    assert one.rows == other.rows
    assert one.quarantine == other.quarantine


def add(films: Path) -> list[str]:
    """Writes an image of a new patient into each class; returns their paths."""
    added = []
    for number, label in enumerate(CLASSES):
        path = films / label / f"P99{number:02}_new.png"
        Image.effect_noise((40, 40), 30 + number).save(path)
        added.append(path.relative_to(films).as_posix())
    return sorted(added)


def test_only_new_images_are_read_and_the_examples_are_those_of_a_fresh_run(run, films):
    first = run("home", 3)
    assert first.known == 0 and len(first.read) == len(set(first.read)) > 60
    added = add(films)
    second = run("home", 7)
    assert second.read == added and 0 < len(added) < 0.1 * len(first.read)
    assert second.known == len(first.read)
    assert_same(second, run("elsewhere", 1))
    assert not first.examples - second.examples  # and every patient is in the same split
    # The files of the first run stay as they are, and are the same on the disk.
    old = {path.name: path for path in Path(first.uri, "Split-train").glob("*.gz")}
    new = {path.name: path for path in Path(second.uri, "Split-train").glob("*.gz")}
    assert old.keys() < new.keys()
    assert all(os.path.samefile(path, new[name]) for name, path in old.items())


def test_an_image_that_is_gone_changed_or_moved_is_not_taken_over(run, films):
    first = run("home", 1)
    kept = [path for path in first.read if path.startswith(f"{CLASSES[0]}/")]
    gone, changed, moved = kept[0], kept[5], kept[-1]
    (films / gone).unlink()
    os.utime(films / changed, ns=(1, 1))
    (films / moved).rename(films / CLASSES[1] / Path(moved).name)
    second = run("home", 2)
    assert second.read == sorted([changed, f"{CLASSES[1]}/{Path(moved).name}"])
    fresh = run("elsewhere", 1)
    assert_same(second, fresh)
    names = {feature_values(example)["filename"].decode() for _, example in second.examples}
    assert gone not in names and moved not in names
    third = run("home", 3)  # from shards of two runs
    assert third.read == []
    assert_same(third, fresh)


@pytest.mark.parametrize(
    ("data", "source"),
    [(section(keep_metadata=True), "x"), (section(max_pixels=10_000), "x"), (section(), "y")],
    ids=["metadata", "limit", "code"],
)
def test_after_a_change_of_how_images_are_read_all_are(run, data, source):
    first = run("home", 1)
    assert run("home", 2, data, source).read == first.read


def test_another_seed_of_the_splits_reads_those_that_move(run):
    first = run("home", 1)
    second = run("home", 2, section(split_seed=3))
    assert_same(second, run("elsewhere", 1, section(split_seed=3)))
    assert 0 < len(second.read) <= len(first.read)


def test_a_file_that_could_not_be_opened_is_tried_again(run, films):
    link = films / CLASSES[0] / "P0900_away.png"
    link.symlink_to(films / "nowhere.png")
    first = run("home", 1)
    assert "unreadable_file" in first.quarantine
    second = run("home", 2)
    assert second.read == [link.relative_to(films).as_posix()]
    assert_same(second, first)


def test_where_most_is_new_all_is_dealt_again(run, films):
    first = run("home", 1)
    for path in first.read[: len(first.read) * 2 // 3]:
        os.utime(films / path, ns=(1, 1))
    second = run("home", 2)
    assert second.read == first.read and second.known == 0


def test_a_range_that_moves_on_drops_images_of_every_split(run, films):
    """Train, eval and test images of the span that leaves are in no Example any more."""
    for label in CLASSES:
        for place, path in enumerate(sorted((films / label).iterdir())):
            folder = films / f"span-{1 + place % 2}" / label
            folder.mkdir(parents=True, exist_ok=True)
            path.rename(folder / path.name)
    both = run("home", 1, section(spans={"rolling_range": 2}))
    rolled = run("home", 2, section(spans={"rolling_range": 1}))
    assert rolled.read == [] and both.span == rolled.span == 2
    left = {
        (split, feature_values(example)["filename"].decode()) for split, example in rolled.examples
    }
    assert {split for split, _ in left} == {"train", "eval", "test"}
    assert all(name.startswith("span-2/") for _, name in left)
    assert not rolled.examples - both.examples
    assert_same(rolled, run("elsewhere", 1, section(spans={"rolling_range": 1})))
