"""A run up to its first node; the end-to-end tests run all nodes."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from components.image_example_gen.listing.listing import Entry, Listing, list_folders
from components.image_example_gen.listing.splits import split_of
from components.recipe.recipe import Recipe
from components.run_report.slot import RUN_SLOT
from components.runtime.exit_codes import ExitCode
from components.storage import files
from components.storage.patient_key import patient_key
from pipeline.home import Home
from pipeline.looks.ledger import LookLedger
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.ledger import Ledger
from pipeline.retraining.training_data import describe_data
from pipeline.runs.local import RunOptions, _split_hint, run_recipe
from pipeline.runs.records import RunPaths, load_all
from tests.paths import ROOT

TINY = [
    "data.min_per_split=1",
    "data.max_quarantine_share=0.2",
    "evaluation.unreachable_floors=report",
]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def first_node_alone(monkeypatch, make_record, tmp_path):
    """Cuts the pipeline after ImageExampleGen: no later node reads the folder, and they train."""
    page = tmp_path / "report.html"
    page.write_text(RUN_SLOT)
    images = []

    def build(recipe, base, paths, beam_args):
        from tfx.orchestration.pipeline import Pipeline

        from components.image_example_gen.component import ImageExampleGen

        return Pipeline(
            paths.pipeline_name(recipe.name),
            paths.pipeline_root(recipe.name),
            metadata_connection_config=paths.metadata,
            components=[ImageExampleGen(base, recipe.data, paths.keys, "0")],
        )

    def summarise(recipe, base, run_id, overrides, node_runs, models, log):
        images.append(node_runs[0].outputs["quarantine"][0].properties["images_read"].int_value)
        return make_record(run_id=run_id, paths=RunPaths(report=str(page)))

    monkeypatch.setattr("pipeline.dag.training.build_pipeline", build)
    monkeypatch.setattr("pipeline.runs.outcome.summarise", summarise)
    return images


def test_a_run_lists_the_data_folder_once(films, home, first_node_alone, monkeypatch):
    listed, walk = [], files.walk
    monkeypatch.setattr(files, "walk", lambda *part: listed.append(part) or walk(*part))
    recipe, text = load_recipe("quickstart", TINY), io.StringIO()

    def run():
        return run_recipe(recipe, str(films), home, Console(file=text), RunOptions(if_new=True))

    record = run()
    assert record is not None and load_all(home) == [record]
    (look,) = LookLedger(PipelinePaths.of_home(home).artifacts).read()
    assert record.sentence.endswith(f" 1st look at these {look.images} test images.")
    # The decision, the splits, the counts, the ledger, and driver and executor of the node.
    assert 0 < len(listed) == len(set(listed))  # folder by folder
    assert len(list_folders(str(films), recipe.data).entries) == first_node_alone[0] + 6
    assert "Training: no earlier training is on record." in text.getvalue()

    listed.clear()
    assert run() is None
    assert 0 < len(listed) == len(set(listed))
    assert "Declined: no new image since the training of " in text.getvalue()
    assert load_all(home) == [record]


def test_the_command_declines_with_its_own_exit_code_and_without_tensorflow(films, home):
    recipe = load_recipe("quickstart", TINY)
    listing = list_folders(str(films), recipe.data)
    seen = describe_data(recipe, listing, patient_key(str(home.root)))
    ledger = Ledger(PipelinePaths.of_home(home).pipeline_root("quickstart"))
    ledger.write(seen, blessed=True, sentence="A verdict.")
    # A process of its own, since this one has imported TensorFlow.
    script = """
import sys
from pipeline.cli.main import main
try:
    main()
finally:
    print([name for name in ("tensorflow", "tfx", "keras", "apache_beam") if name in sys.modules])
"""
    line = ["run", "quickstart", "--data", str(films), "--home", str(home.root), "--if-new"]
    for override in TINY:
        line += ["--set", override]
    done = subprocess.run(
        [sys.executable, "-c", script, *line],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == ExitCode.DECLINED, done.stderr
    declined, heavy = done.stdout.splitlines()
    assert declined.startswith("Declined: no new image since the training of ")
    assert heavy == "[]"


# === The hint on the splits ===


def listing_of(seed: int) -> tuple[Recipe, Listing]:
    recipe = load_recipe("quickstart", [f"data.split_seed={seed}"])
    entries = [
        Entry(f"{label}/P{number:04d}.png", label, f"P{number:04d}", split)
        for label in recipe.data.classes
        for number in range(30)
        for split in [split_of(f"P{number:04d}", recipe.data.split, seed)]
    ]
    return recipe, Listing(tuple(entries), (), "")


def test_uneven_splits_come_with_a_seed_that_fixes_them():
    uneven = next(seed for seed in range(50) if _split_hint(*listing_of(seed)))
    hint = _split_hint(*listing_of(uneven))
    better = int(re.search(r"split_seed=(\d+)", str(hint))[1])
    assert _split_hint(*listing_of(better)) is None
