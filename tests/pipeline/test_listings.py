import io
import math

import pytest
from rich.console import Console

from pipeline import listings
from pipeline.home import Home
from pipeline.recipe import recipe_names
from pipeline.records import save


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
    failed = {"blessed": False, "version": None, "served": False, "gates": [make_gate("[grade 3]")]}
    save(make_record(run_id="20250103-090000", **failed), home)
    save(make_record(run_id="20250102-090000", served=False), home)
    text = text_of(listings.run_table(home), 160)
    rows = [line for line in text.splitlines() if "2025010" in line]
    assert [row.split()[0][:8] for row in rows] == ["20250103", "20250102", "20250101"]
    assert "[grade 3] 0.90 (0.77 / 0.60)" in rows[0] and " no " in rows[0]
    assert "1735732800 (at that time withdrawn)" in rows[1]
    assert "COVID 0.90 (0.77 / 0.60)" in rows[2] and " yes " in rows[2]
    assert "0123456789ab" in rows[2] and "420" in rows[2] and "1735732800" in rows[2]
    assert "NORMAL 0.70 (0.55 / 0.60)" in text
    assert "home [one]" in text


def test_a_home_without_runs_has_an_empty_table(tmp_path):
    text = text_of(listings.run_table(Home(tmp_path / "nowhere")))
    assert "blessed" in text and "nowhere" in text


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
    assert lines[1].startswith("Python 3.")
    assert {"tfx 1.2.3", "tensorflow 1.2.3", "kfp is not installed"} <= set(lines)


def test_in_eighty_columns_nothing_is_cut(home, make_record):
    save(make_record(recipe="covid-radiography", served=False), home)
    text = text_of(listings.run_table(home), 80)
    assert "…" not in text
    assert "20250101-120000" in text and "1735732800" in text


def test_nan_is_no_number_in_the_list_of_runs(home, make_record, make_gate):
    save(make_record(gates=[make_gate(recall=math.nan, low=math.nan)]), home)
    assert "COVID - (- / 0.60)" in text_of(listings.run_table(home), 160)
