"""A recipe of another kind than the quickstart, through the whole pipeline: a sigmoid head."""

import pytest

from pipeline.recipes.loader import load_recipe

pytestmark = pytest.mark.end_to_end

BLESSED, NOT_BLESSED = 0, 3

# Phantoms have other folders than the data that the recipe is for.
CHANGES = [
    "data.patient={from: filename, regex: '^(?P<patient>P\\d{4})'}",
    "data.image_size=64",
    "data.split_seed=20",
    "data.merge={NO-COVID: [NORMAL, PNEUMONIA], COVID: [COVID]}",
    "audit.leaks=report",
    "evaluation.recall_floor=0.0001",
    "model.filters=[8, 8, 16, 16]",
    "model.block_dropout=0.0",
    "training.epochs=6",
]


def test_the_whole_pipeline_judges_and_serves_it(machine):
    recipe = "covid-simple-cnn-binary"
    sets = [f"--set={value}" for value in CHANGES]
    command = machine.command("run", recipe, "--data", str(machine.data), *sets)
    machine.medtfx(command, BLESSED, NOT_BLESSED)
    record = machine.last_record()
    assert {gate.label for gate in record.gates} == set(load_recipe(recipe, CHANGES).data.classes)
    # A fifth of 40 patients in each of three folders, most of them with one or two images.
    assert sum(gate.cases for gate in record.gates) > 30
