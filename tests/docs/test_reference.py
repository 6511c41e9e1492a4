"""The generated pages say what the code says."""

import runpy

import pytest

from tests.paths import ROOT

GENERATED = runpy.run_path(str(ROOT / "scripts" / "reference.py"))["pages"]()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_page_is_up_to_date(name):
    page = ROOT / "docs" / "reference" / name
    assert page.read_text(encoding="utf-8") == GENERATED[name], "run: make reference"


def test_every_key_says_what_it_means():
    rows = [row.split("|") for row in GENERATED["recipe.md"].splitlines() if row.startswith("| `")]
    silent = [row[1].strip() for row in rows if not row[4].strip() and "section" not in row[2]]
    assert silent == []


def test_every_command_and_option_has_a_help():
    rows = [row for row in GENERATED["commands.md"].splitlines() if row.startswith("| `-")]
    assert len(rows) > 100
    assert [row for row in rows if not row.split("|")[2].strip()] == []
