"""The node in one process: Examples in, report out."""

import csv
import json
import re
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import AUDIT_PAGE, Audit, Quarantine
from components.data_audit.executor import Executor
from components.imaging.measures.stored import FOLDER
from components.recipe.audit import AuditSection
from components.recipe.data import SPLITS
from components.storage.examples import open_writer, to_example
from tests.components.data_audit.cohort import example, png, record_of

SECTION = AuditSection(min_cell=1, drift="off")
PACKED = ("--sdk_container_image=none",)  # as `beam_args`: TFX packs nothing
AWKWARD = "COVID/<b>a,\udce9 b</b>.png"  # markup, a comma, and a byte that is no UTF-8


@pytest.fixture(scope="module")
def leak(drawn) -> tuple[str, str]:
    """File names of a training image and of its copy in test."""
    original = next(p for p, _ in drawn.values() if (p.label, p.split) == ("COVID", "train"))
    return original.filename, AWKWARD


def run_node(
    folder: Path, records: dict[str, list[dict]], section: AuditSection, *options: str
) -> Audit:
    examples, listed, audit = standard_artifacts.Examples(), Quarantine(), Audit()
    for artifact, name in ((examples, "examples"), (listed, "quarantine"), (audit, "audit")):
        artifact.uri = str(folder / name)
        Path(artifact.uri).mkdir(parents=True)
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    for split in SPLITS:
        path = Path(artifact_utils.get_split_uri([examples], split)) / "data-0.gz"
        path.parent.mkdir()
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for values in records[split]:
                writer.write(to_example(values).SerializeToString())
    (folder / "examples" / FOLDER).mkdir()
    with open_writer(str(folder / "examples" / FOLDER / "data-0.gz")) as writer:
        for split, rows in records.items():
            for values in rows:
                writer.write(record_of(values, split))
    (folder / "quarantine" / "quarantine.csv").write_text(
        "file,reason,detail\nCOVID/x.png,truncated,\nCOVID/y.png,truncated,\n"
    )
    (folder / "quarantine" / "notes.csv").write_text(
        "file,reason,detail\nCOVID/a.dcm,read_with_note,Window Width is <0>\n"
    )
    given = {"examples": [examples], "quarantine": [listed], "statistics": []}
    properties = {"section": section.model_dump_json(), "folds": 0, "split_seed": 0}
    context = Executor.Context(beam_pipeline_args=[*options]) if options else None
    Executor(context).Do(given, {"audit": [audit]}, properties)
    return audit


@pytest.fixture(scope="module")
def records(drawn, leak) -> dict[str, list[dict]]:
    """Split → the features of its Examples; with a leak."""
    records: dict[str, list[dict]] = {split: [] for split in SPLITS}
    for name, (picture, image) in drawn.items():
        records[picture.split].append(
            example(png(image), name, picture.label, picture.patient, picture.metadata)
        )
    copied = example(png(drawn[leak[0]][1]), "-", "COVID", "another")
    copied["filename"] = leak[1].encode(errors="surrogateescape")
    records["test"].append(copied)
    return records


@pytest.fixture(scope="module")
def audit(records, tmp_path_factory) -> Audit:
    return run_node(tmp_path_factory.mktemp("node"), records, SECTION)


def test_with_options_of_beam_it_writes_the_same(audit, records, tmp_path):
    by_beam = run_node(tmp_path, records, SECTION, "--runner=DirectRunner", *PACKED)
    here, there = (
        {path.name: path.read_bytes() for path in Path(one.uri).iterdir()}
        for one in (audit, by_beam)
    )
    assert here == there and len(here) == 3


def test_the_artifact_sums_it_up(audit):
    assert (audit.stops, audit.reports) == (1, 0)
    assert audit.summary == "1 finding stops the run: leaks (1)"


def test_the_json_has_every_check_and_the_figures(audit, leak, drawn):
    found = json.loads(Path(audit.uri, "audit.json").read_text())
    first, *others = found["findings"]
    assert (first["check"], first["severity"], first["count"]) == ("leaks", "stop", 1)
    assert leak[0] in first["examples"][0]["files"]
    assert {finding["severity"] for finding in others} == {"ok"} and len(others) == 9
    assert found["quarantine"] == {"truncated": 2}
    counts = found["counts"].values()
    assert sum(number for row in counts for number in row.values()) == len(drawn) + 1
    assert [row["features"] for row in found["shortcuts"]][-1] == "whole thumbnail"


def test_the_list_has_a_row_a_file(audit, leak):
    with open(Path(audit.uri, "leaks.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["class"], row["split"]) for row in rows} == {("COVID", "train"), ("COVID", "test")}
    assert {row["patient"] for row in rows} >= {"another"}
    assert {row["reason"] for row in rows} == {"the same pixels, in test and train"}


def test_the_page_shows_the_pair_and_asks_the_network_for_nothing(audit, leak):
    page = Path(audit.uri, "audit.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 2
    assert AWKWARD.partition("/")[2] not in page and "b</b>" not in page  # no file is named
    assert not re.search(r"(src|href)=.?(https?:)?//", page) and "<script" not in page
    assert "--set audit.leaks=report" in page


def test_notes_of_the_reading_are_counted_on_the_page(audit):
    page = Path(audit.uri, AUDIT_PAGE).read_text()
    assert "1 file: Window Width is &lt;0&gt;" in page
