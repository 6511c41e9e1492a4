import os
import subprocess
import sys

import pytest

from components.runtime.environment import HOME
from pipeline.cli import main as cli
from pipeline.home import Home
from pipeline.runs.records import save
from tests.paths import ROOT

COMMANDS = {
    found.name or found.callback.__name__: found.callback.__doc__
    for found in cli.app.registered_commands
}


@pytest.fixture
def medtfx(monkeypatch, capsys):
    """Runs a command line in this process; returns exit code, output and errors."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")  # `main` sets it for good otherwise
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv(HOME.name, raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["medtfx", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capsys.readouterr()
        return stopped.value.code or 0, written.out, written.err

    return run


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.runs.mkdir(parents=True)
    return home


def assert_one_message(result, *words):
    code, out, err = result
    assert code == 1
    assert out == ""
    assert err.startswith("Error: ") and err.count("Error") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


# === Help ===


def test_help_names_every_command(medtfx):
    code, out, _ = medtfx("--help")
    assert code == 0
    assert "Not a medical device" in out
    listed = [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.strip()]
    assert set(COMMANDS) <= set(listed)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(medtfx, command):
    code, out, _ = medtfx(command, "--help")
    assert code == 0
    assert f"Usage: medtfx {command} " in out
    assert " ".join(COMMANDS[command].split()) in " ".join(out.split())


def test_without_a_command_help_is_shown(medtfx):
    code, out, err = medtfx()
    assert code in (0, 2)
    assert "Usage: medtfx" in out + err


@pytest.mark.parametrize("arguments", [["fly"], ["run", "quickstart"], ["recipes", "--fast"]])
def test_a_wrong_command_line_is_exit_code_2(medtfx, arguments):
    code, _, err = medtfx(*arguments)
    assert code == 2
    assert "Usage: medtfx" in err and "Traceback" not in err


def test_light_commands_import_neither_tensorflow_nor_tfx():
    # They answer in a second; importing TFX takes ten.
    script = """
import contextlib, sys
from pipeline.cli.main import main
for line in ("--help", "recipes", "show quickstart", "runs --home nowhere", "version"):
    sys.argv = ["medtfx", *line.split()]
    with contextlib.suppress(SystemExit):
        main()
print("HEAVY", [m for m in ("tensorflow", "tfx", "keras", "apache_beam") if m in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert "\nname: quickstart\n" in f"\n{done.stdout}"


# === Errors ===


def test_an_unknown_recipe(medtfx):
    result = medtfx("show", "quickstat")
    assert_one_message(result, "Did you mean 'quickstart'?")
    assert result[2].count("\n") == 1


def test_a_bad_override(medtfx):
    assert_one_message(
        medtfx("show", "quickstart", "--set", "training.epochs=x"),
        "quickstart.yaml is not a valid recipe",
        "training.epochs: ",
        "Received: 'x'",
    )


def test_a_missing_data_folder_is_known_before_anything_heavy(medtfx, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = medtfx("run", "quickstart", "--data", tmp_path / "nowhere")
    assert_one_message(result, "nowhere' is missing or empty", "--data")
    assert result[2].count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_file_system_is_one_line(medtfx, tmp_path):
    (tmp_path / "file").touch()
    result = medtfx("sample-data", tmp_path / "file" / "below")
    assert_one_message(result, "Not a directory", str(tmp_path / "file"))
    assert result[2].count("\n") == 1


def test_a_defect_keeps_its_traceback(medtfx, monkeypatch):
    def break_down(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.cli.listings.resolved_yaml", break_down)
    monkeypatch.setattr(sys, "argv", ["medtfx", "show", "quickstart"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


# === Show, runs, rollback, run, sample-data ===


def test_show_takes_overrides(medtfx):
    code, out, _ = medtfx("show", "quickstart", "--set", "training.epochs=3", "--set", "name=mine")
    assert code == 0
    assert "name: mine\n" in out
    assert "  epochs: 3\n" in out


def test_runs_shows_saved_records(medtfx, home, make_record):
    save(make_record(), home)
    code, out, _ = medtfx("runs", "--home", home.root)
    assert code == 0
    for word in ("20250101-120000", "quickstart", "0123456789ab", "yes", "1735732800"):
        assert word in out


def test_the_home_may_come_from_the_environment(medtfx, home, make_record, monkeypatch):
    save(make_record(), home)
    monkeypatch.setenv(HOME.name, str(home.root))
    assert "20250101-120000" in medtfx("runs")[1]


def test_rollback_says_what_answers_now(medtfx, home):
    for version in (100, 200, 300):
        (home.models / "chest" / str(version)).mkdir(parents=True)
    code, out, _ = medtfx("rollback", "chest", "--home", home.root)
    assert code == 0
    assert out.splitlines() == [
        "chest: version 300 answered before, version 200 answers now.",
        "Served: [100, 200]. Withdrawn: [300].",
    ]
    _, out, _ = medtfx("rollback", "chest", "300", "--home", home.root)
    assert out.startswith("chest: version 200 answered before, version 300 answers now.\n")
    assert_one_message(medtfx("rollback", "chest", "7", "--home", home.root), "no version 7")
    assert_one_message(medtfx("rollback", "chst", "--home", home.root), "Pushed models: chest.")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"blessed": False, "version": None}, cli.NOT_BLESSED),
        ({"refused": "the served model says otherwise", "version": None}, cli.NOT_BLESSED),
    ],
)
def test_the_exit_code_of_a_run_tells_whether_it_is_pushed(
    medtfx, home, make_record, monkeypatch, changes, code
):
    seen = []

    def run_recipe(recipe, data, home, console, options):
        seen.append((recipe.training.epochs, data, home.root, list(options.overrides)))
        return make_record(**changes)

    monkeypatch.setattr("pipeline.runs.local.run_recipe", run_recipe)
    line = ["run", "quickstart", "--data", "films", "--home", home.root, "--set"]
    assert medtfx(*line, "training.epochs=3")[0] == code
    assert seen == [(3, "films", home.root, ["training.epochs=3"])]


def test_ctrl_c_says_how_to_go_on(medtfx, home, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.runs.local.run_recipe", interrupt)
    code, out, err = medtfx("run", "quickstart", "--data", "films", "--home", home.root)
    assert (code, out) == (cli.STOPPED, "")
    assert "Stopped. The same command goes on from here" in err
    assert "Traceback" not in err


def test_sample_data_is_drawn_once(medtfx, tmp_path):
    out = tmp_path / "films"
    assert medtfx("sample-data", out, "--patients", 5)[1].endswith(" broken files drawn.\n")
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == [
        "COVID",
        "NORMAL",
        "PNEUMONIA",
    ]
    code, text, _ = medtfx("sample-data", out, "--patients", 5)
    assert code == 0
    images = len(list(out.glob("*/*")))
    good, _, broken = (int(word) for word in text.split() if word.isdigit())
    assert good + broken == images
    assert text.endswith("are there already.\n")


def test_sample_data_refuses_a_foreign_folder(medtfx, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    result = medtfx("sample-data", tmp_path, "--patients", 5)
    assert_one_message(result, "empty folder", "'holiday.jpg'")
    assert result[2].count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
