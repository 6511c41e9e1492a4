"""What a user reads when a node fails."""

import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from components.image_example_gen.listing import Entry, Listing
from components.image_example_gen.splits import split_of
from components.recipe.recipe import Recipe
from components.runtime.errors import DataError
from pipeline.home import Home
from pipeline.recipes.loader import load_recipe
from pipeline.runs.local import (
    RunFailedError,
    _everything_else_to,
    _for_the_user,
    _only_run,
    _split_hint,
)

LOG = Path("run.log")


def chained(*errors: Exception) -> Exception:
    """Returns the last error, each raised from the one before."""
    cause = None
    for error in errors:
        error.__cause__ = cause
        cause = error
    return errors[-1]


def test_a_users_mistake_comes_through_as_it_is():
    mistake = DataError("Class 'a' has 1 image.")
    assert _for_the_user(chained(mistake, RuntimeError("Node X failed.")), LOG) is mistake


def test_a_full_disk_is_named():
    error = chained(OSError(28, "No space left on device"), RuntimeError("Node X failed."))
    assert "The disk is full" in str(_for_the_user(error, LOG))


def test_anything_else_names_the_node_the_cause_and_the_log():
    found = _for_the_user(chained(KeyError("x"), RuntimeError("Node Trainer failed.")), LOG)
    assert isinstance(found, RunFailedError)
    assert str(found) == "Node Trainer failed. KeyError: 'x' The log: run.log"


def test_a_node_that_failed_without_a_word():
    assert "Node Transform failed." in str(
        _for_the_user(RuntimeError("Node Transform failed."), LOG)
    )


def test_two_runs_in_one_home_are_refused(tmp_path):
    home = Home(tmp_path)
    refused = pytest.raises(DataError, match="Another run is at work")
    with _only_run(home), refused, _only_run(home):
        pass
    with _only_run(home):
        pass


def test_what_libraries_print_goes_to_the_log(tmp_path, capfd):
    log = tmp_path / "x.log"
    with _everything_else_to(log) as console:
        assert isinstance(console, Console)
        os.write(1, b"a library speaks\n")  # as C++ does, past sys.stdout
        console.print("the product speaks")
    os.write(1, b"after\n")
    shown = capfd.readouterr().out
    assert "the product speaks" in shown and "after" in shown
    assert "a library" not in shown
    assert "a library speaks" in log.read_text()


def listing_of(seed: int) -> tuple[Recipe, Listing]:
    recipe = load_recipe("quickstart", [f"data.split_seed={seed}"])
    entries = [
        Entry(f"{label}/P{number:04d}.png", label, f"P{number:04d}", split)
        for label in recipe.data.classes
        for number in range(30)
        for split in [split_of(f"P{number:04d}", recipe.data.split, seed)]
    ]
    return recipe, Listing(tuple(entries), (), "")


def test_a_lopsided_split_is_told_with_a_seed_that_mends_it():
    lopsided = next(seed for seed in range(50) if _split_hint(*listing_of(seed)))
    hint = _split_hint(*listing_of(lopsided))
    better = int(re.search(r"split_seed=(\d+)", hint)[1])
    assert _split_hint(*listing_of(better)) is None
