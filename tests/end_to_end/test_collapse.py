"""The failure of a published system: one class for everything. The gate must see it."""

import pytest

pytestmark = pytest.mark.end_to_end

NOT_BLESSED = 3


def test_a_collapsed_model_is_refused_in_words_and_not_pushed(machine):
    # One step, so large that the network is thrown to one side.
    sets = ("training.learning_rate=0.9", "training.epochs=1", "training.batch_size=256")
    before = machine.versions()
    out = machine.medtfx(machine.run_command(*sets), NOT_BLESSED)
    record = machine.last_record()
    assert not record.blessed and record.version is None
    assert "NOT blessed: the model predicts " in record.sentence
    assert " for every image" in record.sentence
    missed = [gate.label for gate in record.gates if gate.recall == 0]
    assert len(missed) == 2
    for label in missed:
        assert f"{label} recall 0.00 (0 of " in record.sentence
    assert "Nothing was pushed" in out
    assert machine.versions() == before
