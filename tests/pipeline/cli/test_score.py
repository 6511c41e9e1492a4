"""`medtfx score` on a tiny model: in this process, or of a server on loopback."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.command_line import assert_one_message, medtfx
from tests.serving.tiny_model import png


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "films"
    for number in range(30):
        place = folder / f"ward{number % 2}" / f"{number:02}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(png(8 * number))
    return folder


@pytest.fixture
def score(tiny_home, tmp_path, monkeypatch):
    """Runs `medtfx score FOLDER` on the home; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    return lambda folder, *options: medtfx("score", folder, "--home", tiny_home, *options)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def wait_at(folder):
    """Puts an image there that takes for ever to read, and returns a function that restores it."""
    place = folder / "ward1" / "07.png"
    content = place.read_bytes()
    place.unlink()
    os.mkfifo(place)

    def restore():
        place.unlink()
        place.write_bytes(content)

    return restore


def until_rows(path, process, number):
    """Waits until the rows are written."""
    while not path.exists() or path.read_bytes().count(b"\n") <= number:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_folder_and_a_home_need_one_command(score, folder, tmp_path):
    code, out, err = score(folder)
    assert code == 0
    assert "Loading version 5 of tiny ..." in err
    assert "30 rows by version 5 of tiny" in out
    rows = read(tmp_path / "predicted.csv")
    assert [row["file"] for row in rows] == sorted(f"ward{n % 2}/{n:02}.png" for n in range(30))
    for row in rows:
        level = 8 * int(row["file"][-6:-4])
        assert float(row["p_bright"]) == pytest.approx(level / 255, abs=1e-6)
        assert (row["label"], row["version"], row["error"]) == (
            "bright" if level > 127 else "dark",
            "5",
            "",
        )


def test_an_image_without_label_is_exit_code_1(score, tiny_server, folder, tmp_path):
    (folder / "broken.jpg").touch()
    (folder / "Thumbs.db").touch()
    code, out, _ = score(folder, "--server", tiny_server, "--out", "some.csv")
    assert code == 1
    assert "Without label: 1 empty" in out and "1 .db" in out
    first = read(tmp_path / "some.csv")[0]
    assert first["file"] == "broken.jpg" and first["error"].startswith("empty: ")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_in_the_middle_is_continued(
    score, tiny_home, tiny_server, folder, tmp_path, end
):
    options = ("--server", tiny_server, "--batch-size", "2")
    assert score(folder, *options, "--out", "whole.csv")[0] == 0
    restore = wait_at(folder)
    call = "from pipeline.cli.main import main; main()"
    line = [sys.executable, "-c", call, "score", folder, "--home", tiny_home, *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until_rows(tmp_path / "predicted.csv", process, 18)
    process.send_signal(end)
    if end == signal.SIGINT:  # the thread that reads waits for us
        with open(folder / "ward1" / "07.png", "wb") as pipe:
            pipe.write(b"late")
    _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if end == signal.SIGINT else -9)
    assert ("Stopped. 18 rows for 30 images" in err) == (end == signal.SIGINT)
    assert "Traceback" not in err
    restore()
    with open(tmp_path / "predicted.csv", "ab") as file:
        file.write(b"ward1/07.png,dar")  # as a power cut may leave it
    code, out, _ = score(folder, *options)
    assert code == 0 and "18 are from an earlier run" in out
    whole, resumed = (tmp_path / name for name in ("whole.csv", "predicted.csv"))
    assert resumed.read_bytes() == whole.read_bytes()


def test_another_version_is_refused_with_the_remedy(score, tiny_server, folder, tmp_path):
    assert score(folder, "--server", tiny_server)[0] == 0
    path = tmp_path / "predicted.csv.json"
    path.write_text(path.read_text().replace(": 5", ": 4"))
    result = score(folder, "--server", tiny_server)
    assert_one_message(result, "version 4 of 'tiny'", "--version 4", "--restart")
    assert score(folder, "--server", tiny_server, "--restart")[0] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--server", "127.0.0.1:1"), "No model server answers at"),
        (("--model", "tny"), "No model 'tny' has been pushed"),
        (("--version", "3"), "does not have version 3 to serve. Served: [5]"),
        (("--label", "stable"), "Only a model server knows labels"),
        (("--out", "films/predicted.csv"), "would lie in the folder that is scored"),
        (("--out", "none/predicted.csv"), "there is no folder none"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(score, folder, tmp_path, options, words):
    assert_one_message(score(folder, *options), words)
    assert [path.name for path in tmp_path.iterdir()] == ["films"]


def test_each_scored_image_is_a_line_of_the_request_log(score, folder, tmp_path):
    assert score(folder, "--log", "requests")[0] == 0
    (file,) = (tmp_path / "requests").glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({line["image"] for line in lines}) == len(lines) == 30
    assert {(line["model"], line["version"]) for line in lines} == {("tiny", 5)}
