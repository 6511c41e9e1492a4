import json

import pytest

from pipeline.looks.ledger import JudgingImages
from pipeline.retraining.ledger import Ledger, LedgerError
from pipeline.retraining.training_data import TrainingData


@pytest.fixture
def seen():
    return TrainingData(
        recipe="r",
        code="c",
        key="k",
        listing="l",
        images={"0f": "aa", "1f": "bb"},
        patients={"COVID": frozenset({"p1", "p2"}), "NORMAL": frozenset()},
        tested=JudgingImages("f00d", 2, False, also="cafe"),
        tables={"2f": "cc"},
    )


@pytest.fixture
def folder(place):
    return f"{place}/artifacts/chest"


def test_a_training_comes_back_as_it_was(folder, seen):
    ledger = Ledger(folder)
    assert ledger.read() is None
    ledger.write(seen, blessed=False, sentence="NOT blessed: Größe.")
    last = Ledger(folder).read()
    assert (last.data, last.blessed, last.sentence) == (seen, False, "NOT blessed: Größe.")
    assert last.finished.endswith(" UTC")


def test_staged_data_count_when_they_are_confirmed(folder, seen):
    ledger = Ledger(folder)
    ledger.stage("run-1", seen)
    assert ledger.read() is None and ledger.is_staged("run-1")
    ledger.confirm("run-1", blessed=True, sentence="Blessed.")
    assert ledger.read().data == seen and not ledger.is_staged("run-1")
    with pytest.raises(LedgerError, match="run-1 has not staged its data"):
        ledger.confirm("run-1", blessed=True, sentence="Blessed.")


def test_a_ledger_that_cannot_be_written_is_an_error_with_its_address(tmp_path, seen):
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"trained\.json can't be written"):
        Ledger(str(tmp_path / "file")).write(seen, blessed=True, sentence="")


def test_a_bucket_that_is_missing_is_an_error_and_no_first_training(bucket, seen):
    ledger = Ledger(f"{bucket}-other/artifacts/chest")
    with pytest.raises(LedgerError, match=r"can't be read: .*NoSuchBucket"):
        ledger.read()
    with pytest.raises(LedgerError, match=r"can't be written: .*NoSuchBucket"):
        ledger.write(seen, blessed=True, sentence="")


def test_a_ledger_names_no_patient(tmp_path, seen):
    Ledger(str(tmp_path)).write(seen, blessed=True, sentence="Blessed.")
    values = json.loads((tmp_path / "trained.json").read_text())
    assert values["data"]["patients"] == {"COVID": ["p1", "p2"], "NORMAL": []}
    assert [path.name for path in tmp_path.iterdir()] == ["trained.json"]
