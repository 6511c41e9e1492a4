import sys
from pathlib import Path

import pytest

from pipeline.cli import main as cli
from pipeline.cli.serving import _overlay_name
from serving.embedded.server import EmbeddedServer, Settings
from tests.serving.tiny_model import png, save_tiny_model


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    save_tiny_model(models / "tiny" / "1")
    with EmbeddedServer(models, Settings(grpc_port=0, rest_port=None)) as running:
        yield running.address


@pytest.fixture
def predict(server, monkeypatch, capsys, tmp_path):
    """Runs `medtfx predict` in this process; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        line = ["medtfx", "predict", "--server", server, "--model", "tiny", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", line)
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capsys.readouterr()
        return stopped.value.code or 0, written.out, written.err

    return run


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


def test_one_format_at_a_time(predict, tmp_path):
    code, out, err = predict("film.png", "--json", "--csv")
    assert (code, out) == (1, "")
    assert err == "Error: An answer is printed in one format. Received: --json and --csv.\n"
