import io
import math
import re

import pytest
from rich.console import Console

from pipeline.runs.records import RunPaths
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE, gate_table, print_summary

# Of the record's first gate, as its row shows them.
FIGURES = ["40/31", "0.90", "0.77-0.96", "0.60", "0.85", "0.88", "0.94"]


def text_of(record, width=100):
    file = io.StringIO()
    print_summary(Console(file=file, width=width), record)
    return file.getvalue()


def row_of(text, label):
    (line,) = (line for line in text.splitlines() if line.strip().startswith(label))
    return line.split()


def test_a_blessed_run(make_record):
    text = text_of(make_record())
    assert row_of(text, "COVID") == ["COVID", *FIGURES]
    assert "Blessed: every class is above its floor." in text
    assert "Pushed as version 1735732800 of quickstart, unsigned." in text
    assert (
        "420 images read, 3 unreadable and in quarantine. Data fingerprint 0123456789ab, 12 s"
        in text
    )
    assert re.search(r"log +/home/runs/20250101-120000\.log", text)
    assert text.rstrip().endswith(NOT_A_MEDICAL_DEVICE)
    assert "anomalies" not in text and "taken over" not in text


def test_a_run_that_is_not_blessed(make_record):
    sentence = "Not blessed: recall of NORMAL is 0.55, below 0.60."
    record = make_record(blessed=False, sentence=sentence, version=None, served=False, anomalies=2)
    text = text_of(record)
    assert f"{sentence} Nothing was pushed." in text
    assert "version" not in text
    assert "2 anomalies found by ExampleValidator" in text


def test_a_blessed_model_that_was_refused_when_served(make_record):
    refused = "the served model has no signature 'explain'"
    text = " ".join(text_of(make_record(refused=refused, version=None, served=False)).split())
    assert (
        "Blessed: every class is above its floor. But NOT pushed: the served model has no "
        "signature 'explain'. 420 images" in text
    )


def test_a_version_that_was_withdrawn_since(make_record):
    # The version of a cached run may have been withdrawn by a rollback.
    text = " ".join(text_of(make_record(served=False)).split())
    assert "pushed as version 1735732800 of quickstart, which has been withdrawn or deleted" in text


def test_what_is_not_known_is_a_dash(make_record, make_gate):
    unknown = make_gate(
        cases=0, recall=math.nan, low=math.nan, high=math.nan, precision=math.nan, baseline=None
    )
    text = text_of(make_record(gates=[unknown]))
    assert row_of(text, "COVID") == ["COVID", "0/31", "-", "-", "0.60", "-", "-", "0.94"]
    assert "nan" not in text.lower()


@pytest.mark.parametrize(
    ("floor_on", "changes", "color"),
    [
        ("lower_bound", {"low": 0.61}, "32"),
        ("lower_bound", {"low": 0.59}, "31"),  # though the recall itself is above
        ("point", {"low": 0.1, "recall": 0.61}, "32"),
        ("point", {"recall": 0.59}, "31"),
        ("point", {"recall": 0.6}, "32"),
        ("point", {"recall": math.nan}, "31"),
    ],
)
def test_a_floor_is_green_when_it_is_held(make_gate, floor_on, changes, color):
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=True, color_system="standard")
    console.print(gate_table([make_gate(**changes)], floor_on))
    assert re.search(rf"\x1b\[{color}m *0\.60", file.getvalue())
    compared = "lower bound of the CI" if floor_on == "lower_bound" else "recall"
    assert f"Floor: minimum of the {compared}." in file.getvalue()


def test_names_are_no_markup(make_record, make_gate):
    text = text_of(make_record(gates=[make_gate("[grade 3]")], paths=RunPaths(log="/a/[b]/c")))
    assert "[grade 3]" in text
    assert "/a/[b]/c" in text


def test_eighty_columns_are_enough(make_record, make_gate):
    # What a pipe has. A long class name may fold; numbers and paths are never cut.
    path = "/srv/" + "long/" * 30 + "file"
    gates = [make_gate("pneumonia of unknown origin")]
    record = make_record(gates=gates, paths=RunPaths(log=path))
    text = text_of(record, 80)
    assert "…" not in text
    assert row_of(text, "pneumonia")[-7:] == FIGURES
    assert path in text
