import re
import shlex
import stat

import pytest

from components.image_example_gen.metadata import MetadataTable
from components.image_example_gen.patients import (
    PatientFinder,
    hash_patient,
    patient_key,
)
from components.recipe.data import Metadata, PatientSource
from components.runtime.environment import PATIENT_KEY
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


# === Who that is stays hidden ===


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv(PATIENT_KEY.name, raising=False)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    home = tmp_path / "not" / "yet"
    key = patient_key(str(home))
    assert len(key) == 64
    assert stat.S_IMODE((home / "patient.key").stat().st_mode) == 0o600
    assert patient_key(str(home)) == key
    assert patient_key(str(tmp_path / "other")) != key


def test_the_environment_wins_and_leaves_no_file(tmp_path, monkeypatch):
    own = patient_key(str(tmp_path / "has one"))
    monkeypatch.setenv(PATIENT_KEY.name, "the site's key")
    assert patient_key(str(tmp_path / "has one")) == b"the site's key" != own
    assert patient_key(str(tmp_path / "new")) == b"the site's key"
    assert not (tmp_path / "new").exists()


def test_an_empty_key_is_refused(tmp_path):
    # As a full disk leaves it. Hashing with it would let anybody test for a known patient.
    (tmp_path / "patient.key").touch(0o600)
    with pytest.raises(DataError, match=f"is empty.*{PATIENT_KEY}"):
        patient_key(str(tmp_path))


def test_a_key_that_others_can_read_is_refused(tmp_path):
    patient_key(str(tmp_path))
    path = tmp_path / "patient.key"
    path.chmod(0o604)
    with pytest.raises(DataError, match=f"mode 0604. Run: chmod 600 {path}.*{PATIENT_KEY}"):
        patient_key(str(tmp_path))
    path.chmod(0o640)  # of the site's group, on purpose
    assert patient_key(str(tmp_path))


def test_a_container_makes_no_key_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=f"put {PATIENT_KEY} into.*secret"):
        patient_key("")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(PATIENT_KEY.name, "the site's key")
    assert patient_key("") == b"the site's key"


def test_of_two_runs_at_once_the_first_key_is_kept(tmp_path, monkeypatch):
    (tmp_path / "patient.key").touch(0o600)
    (tmp_path / "patient.key").write_bytes(b"the other run's")
    # What this run saw a moment before the other wrote.
    monkeypatch.setattr("components.image_example_gen.patients.Path.exists", lambda path: False)
    assert patient_key(str(tmp_path)) == b"the other run's"


def test_the_hash_is_keyed_and_stable():
    # As `printf P1 | openssl dgst -sha256 -hmac key` says.
    assert hash_patient("P1", b"key") == "07d5f7c555bdf2c5"
    assert hash_patient("P1", b"other key") != hash_patient("P1", b"key")
    assert hash_patient("P2", b"key") != hash_patient("P1", b"key")


def test_a_patient_that_is_not_utf8_has_a_hash():
    assert len(hash_patient("caf\udce9", b"key")) == 16
