"""The task before the nodes, as a container of a package runs it."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from components.image_example_gen.listing.listing import list_folders
from components.runtime.environment import PATIENT_KEY
from components.runtime.stack import installed_stack
from kubeflow.node.ledger import confirm_training, look_ledger, run_ledger
from kubeflow.package.compile import write_package
from kubeflow.package.container import PackageOptions
from kubeflow.package.dag import Task
from kubeflow.package.recipe_codec import encode_recipe
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.reasons import Reasons
from pipeline.retraining.training_data import describe_data
from pipeline.sample_data import write_sample_data
from tests.doubles.kfp_emulator import light_environment, run_package
from tests.doubles.kfp_package import parse

KEY = "the key of the site"
# A seed that gives so few patients to every split; one new patient suffices.
REACH = "evaluation.unreachable_floors"
RECIPE = load_recipe(
    "quickstart",
    ["data.split_seed=107", "retraining.min_new_patients=1", f"{REACH}=report"],
)
TASKS = [
    Task("ImageExampleGen", ("ImageExampleGen",)),
    Task("RunReport", ("RunReport",), ("ImageExampleGen",)),
]


class Site:
    """A data folder, a volume, and an image in which nothing heavy can be imported."""

    def __init__(self, folder: Path):
        self.folder, self.films, self.root = folder, folder / "films", folder / "volume"
        write_sample_data(self.films, patients_per_class=6)
        self.ledger = run_ledger(RECIPE, str(self.root))
        self.environment = light_environment(folder / "light", **{PATIENT_KEY.name: KEY})

    def train(self) -> None:
        """Records a training of what is there now."""
        listing = list_folders(str(self.films), RECIPE.data)
        seen = describe_data(RECIPE, listing, KEY.encode())
        self.ledger.write(seen, blessed=True, sentence="Blessed: all of them.")

    def add_patient(self) -> None:
        """Adds an image of a patient who was not there."""
        image = next((self.films / "COVID").iterdir())
        shutil.copy(image, image.with_name(f"P9999{image.name[image.name.index('_') :]}"))

    def decide(self, **changes: str) -> tuple[int, str]:
        """Starts the task alone, as run `0f5b`; returns exit code and output."""
        values = {
            "recipe": encode_recipe(RECIPE),
            "stack": str(installed_stack()),
            "version": metadata.version("medtfx"),
            "run-id": "0f5b",
            "data": str(self.films),
            "root": str(self.root),
            "train": str(self.folder / "outputs" / "train"),
            "decision": str(self.folder / "outputs" / "decision"),
        }
        values |= {name.replace("_", "-"): value for name, value in changes.items()}
        words = [word for name, value in values.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-m", "kubeflow.retraining", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_where_nothing_is_new_the_nodes_are_skipped_and_the_run_is_green(site, tmp_path):
    site.train()
    options = PackageOptions(
        image="x", stack=str(installed_stack()), version=metadata.version("medtfx")
    )
    write_package(RECIPE, TASKS, options, tmp_path / "package.yaml")
    parameters = {"data": str(site.films), "root": str(site.root), "if_new": True}
    package = parse(tmp_path / "package.yaml")
    run = run_package(package, parameters, tmp_path / "pods", site.environment)
    assert [(attempt.task, attempt.code) for attempt in run.attempts] == [("retraining", 0)]
    assert run.failed is None and run.skipped == ["condition-1"]
    log, page = run.log("retraining"), run.artifacts["retraining", "decision"].read_text()
    assert "Declined: no new image since the training of " in log
    assert page.startswith("Declined: no new image since the training of ")
    assert not site.ledger.is_staged(run.run_id)


@pytest.mark.parametrize(
    ("trained", "grown", "if_new", "reason"),
    [
        (True, False, "false", "the run's parameter `if_new` is false"),
        (False, False, "true", "no earlier training is on record"),
        (True, True, "true", r"1 new patient (COVID 1) with 1 new image since"),
    ],
)
def test_what_a_training_sees_is_staged_until_the_last_node(site, trained, grown, if_new, reason):
    if trained:
        site.train()
    if grown:
        site.add_patient()
    code, output = site.decide(if_new=if_new)
    assert code == 0, output
    assert f"Training: {reason}" in output and "Retraining of quickstart, run 0f5b" in output
    assert (site.folder / "outputs" / "train").read_text() == "yes"
    assert site.ledger.is_staged("0f5b")

    for _ in range(2):  # the last node may fail after it, and be started again
        confirm_training(RECIPE, str(site.root), "0f5b", blessed=False, sentence="NOT blessed: x")
    assert not site.ledger.is_staged("0f5b")
    last = site.ledger.read()
    assert last is not None and last.sentence == "NOT blessed: x"
    (look,) = look_ledger(str(site.root)).read()
    assert (look.recipe, look.by, look.run) == ("quickstart", "run", "0f5b")
    _, output = site.decide(if_new="true")
    assert "Declined: no new image since" in output and "whose model was not blessed" in output
    assert (site.folder / "outputs" / "train").read_text() == "no"


def test_the_reason_of_an_alarm_is_kept_for_the_lineage(site):
    why = "medtfx monitor of lungs/3: ALARM: contrast."
    code, output = site.decide(reason=why)
    assert code == 0, output
    (kept,) = Reasons(f"{site.root}/artifacts").of(["0f5b"])
    assert (kept.run, kept.text) == ("0f5b", why)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"root": "minio://bucket"}, "The parameter `root` must be a path, gs://"),
        ({"data": "/nowhere"}, "/nowhere"),
        ({"version": "9.9.9"}, "compiled by medtfx 9.9.9"),
    ],
)
def test_a_users_mistake_is_one_sentence(site, changes, sentence):
    code, output = site.decide(**changes)
    assert code == 1
    assert " Error: " in output and sentence in output and "Traceback" not in output
    assert not (site.folder / "outputs" / "train").exists()


def test_a_floor_out_of_reach_ends_the_run_in_its_first_task(site):
    code, output = site.decide(overrides=f'["{REACH}=stop"]')
    assert code == 1 and " Error: No model can pass the gate: COVID has " in output
    assert "below the floor of 0.60" in output and f"{REACH}=report" in output
    assert not site.ledger.is_staged("0f5b")


def test_a_worn_test_split_ends_the_run_in_its_first_task(site):
    assert site.decide()[0] == 0
    confirm_training(RECIPE, str(site.root), "0f5b", blessed=True, sentence="Blessed: x")
    limits = {"evaluation": RECIPE.evaluation.model_copy(update={"max_looks": 1})}
    code, output = site.decide(recipe=encode_recipe(RECIPE.model_copy(update=limits)))
    assert code == 1
    assert "1 model has been judged by these " in output
