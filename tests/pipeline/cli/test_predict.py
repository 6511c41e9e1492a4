import json
from pathlib import Path

import pytest

from pipeline.cli.predict import _overlay_name, _print_lines
from serving.protocol.prediction import Prediction
from tests.command_line import assert_one_message, medtfx
from tests.serving.tiny_model import png


@pytest.fixture
def predict(tiny_server, monkeypatch, tmp_path):
    """Runs `medtfx predict` on the server; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    return lambda *line: medtfx("predict", "--server", tiny_server, "--model", "tiny", *line)


def test_the_three_formats(predict, tmp_path):
    (tmp_path / "film.png").write_bytes(png(51))
    (tmp_path / "empty.png").touch()
    code, out, _ = predict("film.png", "empty.png")
    good, bad = out.splitlines()
    assert code == 1
    assert good == "film.png: dark: dark 0.800, bright 0.200 [version 5]"
    assert bad.startswith("empty.png: no prediction: ")
    header, row = predict("film.png", "--csv")[1].splitlines()
    assert header == "file,label,uncertain,out_of_distribution,version,error,p_dark,p_bright"
    assert row.startswith("film.png,dark,")
    code, out, _ = predict("film.png", "--json")
    assert code == 0
    assert json.loads(out)["probabilities"] == pytest.approx({"dark": 0.8, "bright": 0.2})


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "a.png: dark: "),
        ({"uncertain": True}, "a.png: dark (uncertain): "),
        (
            {"uncertain": True, "out_of_distribution": True},
            "a.png: dark (unlike the training images): ",
        ),
    ],
)
def test_a_prediction_that_needs_caution_says_so(capsys, flags, words):
    _print_lines([Prediction("a.png", label="dark", probabilities={"dark": 1.0}, **flags)])
    assert capsys.readouterr().out.startswith(words)


def test_images_of_one_name_get_an_overlay_each(predict, tmp_path):
    films = [tmp_path / ward / "7" / "film.png" for ward in ("a", "b")]
    for film in films:
        film.parent.mkdir(parents=True)
        film.write_bytes(png(51))
    assert predict(*films, "--explain", "overlays")[0] == 0
    assert {path.name for path in (tmp_path / "overlays").iterdir()} == {
        "7_film.png_dark.png",
        "7_film.png_dark_2.png",
    }


def test_a_label_can_not_lead_out_of_the_folder():
    name = _overlay_name(Path("ward/film.dcm"), "../../etc/x")
    assert name == "ward_film.dcm_..-..-etc-x"
    assert _overlay_name(Path("film.dcm"), "dark") == "film.dcm_dark"


def test_one_format_at_a_time(predict):
    assert_one_message(predict("film.png", "--json", "--csv"), "one format", "--json and --csv")


def test_predictions_are_logged_on_request(predict, tmp_path):
    (tmp_path / "film.png").write_bytes(png(51))
    assert predict("film.png")[0] == 0
    assert predict("film.png", "--log", "requests")[0] == 0
    (file,) = (tmp_path / "requests").glob("*.jsonl")
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["label"] == "dark" and "film" not in line
