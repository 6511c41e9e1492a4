from dataclasses import replace

import pytest

from components.run_report.slot import RUN_SLOT
from components.runtime.errors import MedtfxError
from pipeline.runs.records import RunPaths, save
from pipeline.runs.run_page import find_run, keep_page


@pytest.fixture
def record(make_record, tmp_path):
    page = tmp_path / "node" / "report.html"
    page.parent.mkdir()
    page.write_text(f"<h1>Läsion</h1>{RUN_SLOT}<p>end</p>", encoding="utf-8")
    return make_record(paths=RunPaths(report=str(page)), data_folder="/data/<films>")


def test_a_run_adds_its_facts_and_the_nodes_page_stays_as_it_is(record, home):
    kept = keep_page(record, home)
    page = (home.runs / f"{record.run_id}.html").read_text(encoding="utf-8")
    assert kept.paths.report == str(home.runs / f"{record.run_id}.html")
    for fact in ("2025-01-01 12:00", "training.epochs=3", "/data/&lt;films&gt;", "8.4 s", "Läsion"):
        assert fact in page
    with open(record.paths.report, encoding="utf-8") as file:
        assert RUN_SLOT in file.read()


def test_a_kept_page_is_filled_again_after_a_change(record, home):
    kept = keep_page(record, home)
    keep_page(replace(kept, version=99), home)
    page = (home.runs / f"{record.run_id}.html").read_text(encoding="utf-8")
    assert "version 99" in page and page.count("Time of each node") == 1


def test_a_run_is_found_by_its_id_or_as_the_latest(make_record, home):
    for run_id in ("20250101-120000", "20250102-120000"):
        save(make_record(run_id=run_id), home)
    assert find_run(None, home).run_id == "20250102-120000"
    assert find_run("20250101-120000", home).run_id == "20250101-120000"
    with pytest.raises(MedtfxError, match="There is no run 'x'"):
        find_run("x", home)


def test_a_lost_report_is_a_sentence(make_record, home):
    with pytest.raises(MedtfxError, match="--render"):
        keep_page(make_record(paths=RunPaths(report=str(home.root / "gone.html"))), home)
