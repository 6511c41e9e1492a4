"""A search whose trials are pods of their own, beside the same search on one machine."""

import re

import pytest

from pipeline.recipes.loader import load_recipe
from pipeline.sample_data import write_sample_data
from tests.cluster.site import Site
from tests.command_line import medtfx
from tests.small_recipe import SMALL

TRIALS = 4  # the fourth waits for the first three
SPACE = ("--space", "model.dropout=0.1..0.5")
BEST = r"Best values: trial \d, balanced accuracy [01]\.\d+ .*: --set model\.dropout=([\d.]+)"
SETS = [*SMALL, "training.epochs=2"]


def words(*sets: str) -> list[str]:
    return [word for one in sets for word in ("--set", one)]


@pytest.fixture(scope="module")
def package(site: Site, tmp_path_factory):
    out = tmp_path_factory.mktemp("search") / "search.yaml"
    line = ["compile", "quickstart", "-o", out, "--image", site.image, "--stack", site.stack]
    sets = words(*SETS, *site.platform, "platform.parallel=[trials]")
    code, text = site.medtfx(*line, "--trials", TRIALS, *SPACE, *sets)
    assert code == 0, text
    assert "10 nodes of quickstart in 7 tasks" in text, text
    return out


@pytest.fixture(scope="module")
def searched(site: Site, package):
    return site.watch(site.submit(package))


def test_the_run_ends_well_and_names_the_best_values(site, searched):
    assert searched.code == 0, searched.text
    assert re.search(BEST, searched.text), searched.text
    assert all(f"Trial{number}" in searched.text for number in range(1, TRIALS + 1))


def test_one_machine_finds_the_same(site, searched, tmp_path):
    write_sample_data(tmp_path / "films", patients_per_class=40)
    out = tmp_path / "tuned.yaml"
    line = ["tune", "quickstart", "--data", tmp_path / "films", "--home", tmp_path / "home"]
    code, printed, errors = medtfx(*line, "--trials", TRIALS, *SPACE, "--out", out, *words(*SETS))
    assert code == 0, printed + errors
    found = float(re.search(BEST, searched.text)[1])
    assert load_recipe(str(out)).model.dropout == pytest.approx(found, 1e-6)


def test_the_same_search_again_is_all_in_the_cache(site, package, searched):
    again = site.watch(site.submit(package))
    assert again.code == 0, again.text
    for number in range(1, TRIALS + 1):
        assert "is taken from the cache" in site.log(again.run_id, f"trial{number}")
