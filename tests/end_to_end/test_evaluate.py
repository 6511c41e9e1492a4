"""The pushed version alone goes to another hospital, and is held to its floors there."""

import json

import pytest

from pipeline.sample_data import write_sample_data

pytestmark = pytest.mark.end_to_end


def test_a_pushed_folder_is_evaluated_with_the_recipe_that_travels_with_it(machine):
    elsewhere = machine.data.parent / "elsewhere"
    write_sample_data(elsewhere, patients_per_class=30, seed=23)
    out = elsewhere.parent / "external"
    (version,) = machine.versions()
    pushed = machine.home.models / "quickstart" / str(version)
    command = machine.command("evaluate", str(pushed), "--data", str(elsewhere), "--out", str(out))
    text = machine.medtfx(command, 0, 3)
    found = json.loads((out / "evaluation.json").read_text())
    assert found["patients"] == 90 and set(found["slices"]) == {"sex", "view", "site", "age_band"}
    assert found["sentence"] in text
    at_home = {gate.label: gate.recall for gate in machine.last_record().gates}
    assert {one["label"]: one["home"] for one in found["against_home"]} == at_home
    # Phantoms of all classes have the same sizes and formats.
    assert found["shortcuts"]["balanced_accuracy"] < 0.5 < found["balanced_accuracy"]
    assert "<svg" in (out / "index.html").read_text()
