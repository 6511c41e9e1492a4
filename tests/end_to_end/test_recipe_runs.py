"""Two recipes of other kinds than the quickstart, through the whole pipeline."""

import pytest

from pipeline.recipes.loader import load_recipe

pytestmark = pytest.mark.end_to_end

BLESSED, NOT_BLESSED = 0, 3

# Phantoms have other folders than the data that the recipes are for.
SIGMOID = [
    "data.merge={NO-COVID: [NORMAL, PNEUMONIA], COVID: [COVID]}",
    "model.filters=[8, 8, 16, 16]",
    "model.block_dropout=0.0",
    "training.epochs=6",
]
MEMBERS = [
    "data.classes=[COVID, NORMAL, PNEUMONIA]",
    "evaluation.expected_recall=null",
    "model.members=[{backbone: mobilenet, alpha: 0.25, contrast: clahe},"
    " {backbone: mobilenet_v2, alpha: 0.35}]",
    "model.weights=none",
    "training.refit=false",
    "training.epochs=1",
]


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [("covid-simple-cnn-binary", SIGMOID), ("covid19-3class", MEMBERS)],
)
def test_the_whole_pipeline_judges_and_serves_it(machine, recipe, changes):
    """Sigmoid heads and several backbones pass the Evaluator and the serving validator."""
    patient = "data.patient={from: filename, regex: '^(?P<patient>P\\d{4})'}"
    small = [patient, "data.image_size=64", "data.split_seed=20", "audit.leaks=report"]
    sets = [f"--set={value}" for value in (*small, "evaluation.recall_floor=0.0001", *changes)]
    command = machine.command("run", recipe, "--data", str(machine.data), *sets)
    machine.medtfx(command, BLESSED, NOT_BLESSED)
    record = machine.last_record()
    assert {gate.label for gate in record.gates} == set(load_recipe(recipe, changes).data.classes)
    # A fifth of 40 patients in each of three folders, most of them with one or two images.
    assert sum(gate.cases for gate in record.gates) > 30
