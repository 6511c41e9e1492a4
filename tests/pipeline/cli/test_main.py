"""The command line as a whole: its help, what it loads, how errors look."""

import os
import stat
import subprocess
import sys

import pytest
import typer

from components.runtime.environment import UMASK
from pipeline.cli.main import HEADINGS, app
from tests.command_line import assert_one_message, medtfx
from tests.paths import ROOT


def call(script, *line):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, line)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def walk(group, path=()):
    """Yields every command that can be called: its words and what typer made of it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from walk(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(walk(typer.main.get_command(app)))


def test_help_says_what_it_is_and_is_not():
    code, out, _ = medtfx("--help")
    assert code == 0
    assert "Not a medical device" in out
    listed = out.split(f"{next(iter(HEADINGS))}:")[1]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert names == [name for table in HEADINGS.values() for name in table]
    assert "..." not in listed  # the first sentence fits a line


@pytest.mark.parametrize("line", [(), ("kubeflow",)])
def test_without_a_command_the_help_is_shown(line):
    code, _, err = medtfx(*line)
    assert code == 2
    assert f"Usage: {' '.join(('medtfx', *line))} [OPTIONS] COMMAND" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_option_and_argument_is_explained(command):
    found = COMMANDS[command]
    assert found.name == command.split()[-1]
    assert found.help.split("\n")[0].endswith(".")
    unexplained = [one.name for one in found.params if not one.help and one.name != "help"]
    assert unexplained == []


@pytest.mark.parametrize("line", [["fly"], ["run", "quickstart"], ["recipes", "--fast"]])
def test_a_wrong_command_line_is_exit_code_2(line):
    code, _, err = medtfx(*line)
    assert code == 2
    assert "Usage: medtfx" in err


def test_light_commands_import_neither_tensorflow_nor_tfx():
    # They take a second; importing TFX takes ten. The last line walks the tree, as the docs do.
    done = call("""
import contextlib, sys
from pipeline.cli.main import HEADINGS, app, main
for line in ("--help", "recipes", "show quickstart", "runs --home nowhere", "version",
             "kubeflow --help"):
    sys.argv = ["medtfx", *line.split()]
    with contextlib.suppress(SystemExit):
        main()
import typer
print(sum(len(c.params) for c in typer.main.get_command(app).commands.values()) > 100)
print("HEAVY", [m for m in ("tensorflow", "tfx", "keras", "apache_beam") if m in sys.modules])
""")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["True", "HEAVY []"]
    assert "\nname: quickstart\n" in f"\n{done.stdout}"


# === Errors ===


def test_an_error_is_one_sentence_and_exit_code_1_of_the_process():
    done = call("from pipeline.cli.main import main; main()", "show", "quickstat")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ") and "Did you mean 'quickstart'?" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_bad_override():
    assert_one_message(
        medtfx("show", "quickstart", "--set", "training.epochs=x"),
        "quickstart.yaml is not a valid recipe",
        "training.epochs: ",
        "Received: 'x'",
    )


def test_an_error_of_the_file_system_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    result = medtfx("sample-data", tmp_path / "file" / "below")
    assert_one_message(result, "Not a directory", str(tmp_path / "file"))
    assert result[2].count("\n") == 1


def test_a_defect_keeps_its_traceback(monkeypatch):
    def break_down(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.cli.recipes.resolved_yaml", break_down)
    with pytest.raises(ZeroDivisionError):
        medtfx("show", "quickstart")


# === Who may read what is written ===


@pytest.fixture
def usual_umask():
    """That of most machines: everybody may read."""
    before = os.umask(0o022)
    yield 0o022
    assert os.umask(before) == 0o022  # a command leaves it as it was


def modes(folder):
    return {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


@pytest.mark.usefixtures("usual_umask")
def test_what_a_command_writes_is_for_its_user_alone(tmp_path, monkeypatch):
    assert medtfx("sample-data", tmp_path / "own", "--patients", 5)[0] == 0
    assert modes(tmp_path / "own") == {0o700, 0o600}
    monkeypatch.setenv(UMASK.name, "027")
    assert medtfx("sample-data", tmp_path / "group", "--patients", 5)[0] == 0
    assert modes(tmp_path / "group") == {0o750, 0o640}


@pytest.mark.usefixtures("usual_umask")
def test_the_configuration_of_servers_can_be_read_by_their_users(tmp_path):
    line = "serving-config", "quickstart", "--home", tmp_path / "home", "-o", tmp_path / "out"
    assert medtfx(*line)[0] == 0
    assert modes(tmp_path / "out") == {0o755, 0o644}


def test_a_wrong_umask_is_one_message(monkeypatch):
    monkeypatch.setenv(UMASK.name, "rwx")
    assert_one_message(medtfx("recipes"), UMASK.name, "'rwx'")
