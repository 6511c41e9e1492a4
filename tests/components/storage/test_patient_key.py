import stat

import pytest

from components.runtime.environment import PATIENT_KEY
from components.runtime.errors import DataError
from components.storage.patient_key import hash_patient, patient_key


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
    monkeypatch.setattr("components.storage.patient_key.Path.exists", lambda path: False)
    assert patient_key(str(tmp_path)) == b"the other run's"


def test_the_hash_is_keyed_and_stable():
    # As `printf P1 | openssl dgst -sha256 -hmac key` says.
    assert hash_patient("P1", b"key") == "07d5f7c555bdf2c5"
    assert hash_patient("P1", b"other key") != hash_patient("P1", b"key")
    assert hash_patient("P2", b"key") != hash_patient("P1", b"key")


def test_a_patient_that_is_not_utf8_has_a_hash():
    assert len(hash_patient("caf\udce9", b"key")) == 16
