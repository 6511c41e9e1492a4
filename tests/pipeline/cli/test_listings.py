import io
import math

import pytest
from rich.console import Console

from pipeline.cli import listings
from pipeline.home import Home
from pipeline.recipes.loader import recipe_names
from pipeline.runs.records import save


def text_of(table, width=120):
    file = io.StringIO()
    Console(file=file, width=width).print(table)
    return file.getvalue()


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home [one]")
    home.runs.mkdir(parents=True)
    return home


def test_every_recipe_is_in_the_table_with_its_summary():
    text = text_of(listings.recipe_table(), 140)
    for name in recipe_names():
        assert f" {name} " in text
    assert "Nine tissue types of colorectal cancer histology" in text
    assert "mobilenet_v2" in text


def test_runs_are_listed_newest_first(home, make_record, make_gate):
    save(make_record(), home)
    low = {"blessed": False, "version": None, "served": False, "gates": [make_gate("[grade 3]")]}
    save(make_record(run_id="20250103-090000", **low), home)
    save(make_record(run_id="20250102-090000", served=False), home)
    save(make_record(run_id="20250101-130000", refused="it hangs", version=None), home)
    lines = listings.run_text(home).plain.splitlines()
    rows = [number for number, line in enumerate(lines) if line.startswith("2025010")]
    assert [lines[row].split("-")[0] for row in rows] == [
        "20250103",
        "20250102",
        "20250101",
        "20250101",
    ]
    failed, withdrawn, refused, served = rows
    assert lines[failed].split()[-2:] == ["no", "-"]
    assert lines[refused].endswith(" yes      refused when served")
    assert lines[failed + 1].strip() == "[grade 3] 0.90 (0.77 / 0.60)"
    assert lines[withdrawn].endswith("1735732800 (at that time withdrawn)")
    assert "0123456789ab" in lines[served] and " 420 " in lines[served]
    assert lines[served].split()[-2:] == ["yes", "1735732800"]
    assert "COVID 0.90 (0.77 / 0.60), NORMAL 0.70 (0.55 / 0.60)" in lines[served + 1]
    assert "home [one]" in lines[-1]


def test_a_home_without_runs_has_a_heading_alone(tmp_path):
    heading, last = listings.run_text(Home(tmp_path / "nowhere")).plain.splitlines()
    assert heading.split() == ["run", "recipe", "data", "images", "blessed", "version"]
    assert "nowhere" in last


def test_the_resolved_recipe_keeps_its_leading_comment(tmp_path):
    path = tmp_path / "own.yaml"
    text = listings.recipe_path("crc-tissue").read_text()
    path.write_text("# Whose it is.\n# What it reached.\n\n# Not leading.\n" + text)
    shown = listings.resolved_yaml(str(path), ["training.epochs=3"])
    assert shown.startswith("# Whose it is.\n# What it reached.\nname: crc-tissue\n")
    assert "Not leading" not in shown
    assert "\n  epochs: 3\n" in shown
    assert "\n    from: each_file\n" in shown


def test_versions_of_the_stack_are_told_and_what_is_missing(monkeypatch):
    def version(package):
        if package == "kfp":
            raise listings.metadata.PackageNotFoundError
        return "1.2.3"

    monkeypatch.setattr(listings.metadata, "version", version)
    lines = listings.version_text().splitlines()
    assert lines[0] == "medtfx 1.2.3"
    assert lines[1] == "No stack of medtfx is installed"  # 1.2.3 is no TFX we know
    assert lines[2].startswith("Python 3.")
    assert {"tfx 1.2.3", "tensorflow 1.2.3", "kfp is not installed"} <= set(lines)


def test_nan_is_no_number_in_the_list_of_runs(home, make_record, make_gate):
    save(make_record(gates=[make_gate(recall=math.nan, low=math.nan)]), home)
    assert "COVID - (- / 0.60)" in listings.run_text(home).plain
