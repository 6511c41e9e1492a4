import math

from components.run_report.slot import RUN_SLOT
from components.runtime.environment import HOME
from pipeline.cli.runs import find_runs, run_text
from pipeline.home import Home
from pipeline.runs.records import RunPaths, save
from tests.command_line import assert_one_message, medtfx

# === runs ===


def test_runs_are_listed_newest_first(home, make_record, make_gate):
    save(make_record(), home)
    low = {"blessed": False, "version": None, "served": False, "gates": [make_gate("[grade 3]")]}
    save(make_record(run_id="20250103-090000", **low), home)
    save(make_record(run_id="20250102-090000", served=False), home)
    save(make_record(run_id="20250101-130000", refused="it hangs", version=None), home)
    lines = run_text(home).splitlines()
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
    assert lines[withdrawn].endswith("1735732800 (withdrawn at that time)")
    assert "0123456789ab" in lines[served] and " 420 " in lines[served]
    assert lines[served].split()[-2:] == ["yes", "1735732800"]
    assert "COVID 0.90 (0.77 / 0.60), NORMAL 0.70 (0.55 / 0.60)" in lines[served + 1]
    assert "home [one]" in lines[-1]


def test_a_home_without_runs_has_a_heading_alone(tmp_path):
    heading, last = run_text(Home(tmp_path / "nowhere")).splitlines()
    assert heading.split() == ["run", "recipe", "data", "images", "blessed", "version"]
    assert "nowhere" in last


def test_nan_is_no_number_in_the_list_of_runs(home, make_record, make_gate):
    save(make_record(gates=[make_gate(recall=math.nan, low=math.nan)]), home)
    assert "COVID - (- / 0.60)" in run_text(home)


def test_the_home_comes_from_the_option_or_the_environment(home, make_record, monkeypatch):
    save(make_record(), home)
    monkeypatch.delenv(HOME.name, raising=False)
    code, out, _ = medtfx("runs", "--home", home.root)
    assert (code, "20250101-120000" in out) == (0, True)
    monkeypatch.setenv(HOME.name, str(home.root))
    assert medtfx("runs")[1] == out


# === report ===


def test_the_report_of_the_latest_run(home, make_record, tmp_path):
    (tmp_path / "page.html").write_text(f"<p>{RUN_SLOT}</p>")
    save(make_record(paths=RunPaths(report=str(tmp_path / "page.html"))), home)
    code, out, _ = medtfx("report", "--home", home.root)
    assert (code, out) == (0, f"{home.runs / '20250101-120000.html'}\n")
    assert "/data/films" in (home.runs / "20250101-120000.html").read_text()


def test_without_runs_there_is_no_report(home):
    assert_one_message(medtfx("report", "--home", home.root), "No run has finished", "`medtfx run`")


# === dashboard ===


def test_runs_of_other_classes_are_no_time_series(home, make_record, make_gate):
    save(make_record(), home)
    save(make_record(run_id="20250102-090000"), home)
    save(make_record(run_id="20250103-090000", gates=[make_gate("TUMOUR")]), home)
    both = ["20250102-090000", "20250101-120000"]
    assert [record.run_id for record in find_runs(both, home)] == sorted(both)
    assert [record.run_id for record in find_runs([], home)] == ["20250103-090000"]
    result = medtfx("dashboard", *both, "20250103-090000", "--home", home.root)
    assert_one_message(result, "Received runs with COVID, NORMAL and TUMOUR")
