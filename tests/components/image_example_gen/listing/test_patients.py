import re
import shlex

import pytest

from components.image_example_gen.listing.metadata import MetadataTable
from components.image_example_gen.listing.patients import PatientFinder
from components.recipe.data import Metadata, PatientSource
from components.runtime.errors import DataError
from pipeline.recipes.loader import load_recipe

NO_TABLE = MetadataTable()


def finder(table=NO_TABLE, base="no folder", **source):
    return PatientFinder(str(base), PatientSource.model_validate(source), table)


# === Who the patient is ===


def test_the_file_name_does_not_see_the_folders():
    rule = {"from": "filename", "regex": r"^P(?P<patient>\d+)_"}
    assert finder(**rule).find(["P9_old/P001_1.png", "P002_1.png"]) == ["001", "002"]


def test_the_path_does():
    rule = {"from": "path", "regex": r"(?P<patient>P\d+)/[^/]+$"}
    assert finder(**rule).find(["COVID/P7/1.png", "COVID/P8/1.png"]) == ["P7", "P8"]


def test_each_file_is_known_by_its_path():
    # Not by its name: NORMAL/1.png and COVID/1.png are two patients.
    paths = ["COVID/1.png", "NORMAL/1.png"]
    assert finder(**{"from": "each_file"}).find(paths) == paths


def test_metadata_names_the_patient_also_in_a_column_that_is_no_feature():
    table = MetadataTable(Metadata(), {"a.png": {"id": " P1 "}, "b.png": {"id": "P2"}})
    rule = {"from": "metadata", "column": "id"}
    assert finder(table, **rule).find(["x/a.png", "y/b.png"]) == ["P1", "P2"]


@pytest.mark.parametrize("cell", ["NaN", "null", "N/A", "none", "NA", "unknown"])
def test_a_word_for_an_empty_cell_is_no_patient(cell):
    table = MetadataTable(Metadata(), {"a.png": {"id": "P1"}, "b.png": {"id": cell}})
    with pytest.raises(DataError, match=r"1 of 2 files have no patient.*'y/b\.png'"):
        finder(table, **{"from": "metadata", "column": "id"}).find(["x/a.png", "y/b.png"])


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("00001281_000.jpg", "00001281"),
        ("00001281_013.jpg", "00001281"),
        ("01E392EE-69F9-4E33-BFCE-E5C968654078.jpg", "01E392EE-69F9-4E33-BFCE-E5C968654078.jpg"),
        ("20200101_chest.jpg", "20200101_chest.jpg"),
    ],
)
def test_the_rule_of_covid19_3class(name, patient):
    source = load_recipe("covid19-3class").data.patient
    assert PatientFinder("no folder", source, NO_TABLE).find([f"x/{name}"]) == [patient]


# === Who has none ===

NAMES = ["P1_a.png", "scan.png", "_b.png"]
ROWS = {"P1_a.png": {"id": "P1"}, "_b.png": {"id": " "}}


@pytest.mark.parametrize(
    "rule",
    [
        {"from": "filename", "regex": r"^(?P<patient>P?\d*)_"},  # matches nothing, or nobody
        {"from": "path", "regex": r"/(?P<patient>P\d+)_|b"},
        {"from": "metadata", "column": "id"},
    ],
)
def test_files_without_a_patient_are_counted_and_shown(rule):
    table = MetadataTable(Metadata(), ROWS)
    with pytest.raises(DataError) as caught:
        finder(table, **rule).find([f"COVID/{name}" for name in NAMES])
    message = str(caught.value)
    assert message.startswith("2 of 3 files have no patient")
    assert "'COVID/scan.png'" in message
    assert f"`from: {rule['from']}, {rule.get('regex') or rule['column']}`" in message


def test_the_way_out_is_a_valid_override():
    with pytest.raises(DataError) as caught:
        finder(**{"from": "filename", "regex": "(?P<patient>P)"}).find(["x.png"])
    command = re.search(r"--set '.*'", str(caught.value)).group()
    _, override = shlex.split(command)
    assert load_recipe("quickstart", [override]).data.patient.source == "each_file"
