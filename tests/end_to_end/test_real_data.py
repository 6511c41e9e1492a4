"""Real radiographs and real ImageNet weights through the whole pipeline."""

import pytest

pytestmark = [pytest.mark.end_to_end, pytest.mark.real_data]


def test_real_radiographs_are_trained_on_and_judged(machine, real_data, real_weights, monkeypatch):
    monkeypatch.setenv("MEDTFX_WEIGHTS", str(real_weights))
    sets = ("data.image_size=96", "training.epochs=2", "training.fine_tuning.epochs=1")
    command = machine.command(
        "run",
        "covid19-3class",
        "--data",
        str(real_data / "covid19-3class"),
        *(part for value in sets for part in ("--set", value)),
    )
    # Whether so short a training is blessed is not the point; that it is judged by its numbers is.
    out = machine.medtfx(command, 0, 3)
    record = machine.last_record()
    assert record.images == 807 and record.unreadable == 0
    assert [gate.label for gate in record.gates] == ["Covid-19", "No_findings", "Pneumonia"]
    assert record.blessed == all(gate.low >= gate.floor - 1e-6 for gate in record.gates)
    assert record.blessed == bool(machine.versions("covid19-3class"))
    assert max(gate.recall for gate in record.gates) > 0.5
    assert record.sentence in " ".join(out.split())
