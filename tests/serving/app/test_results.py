import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from components.imaging.images import read_image
from serving.app.model import Model
from serving.app.results import results_of
from serving.app.state import State
from serving.app.uploads import Upload


@pytest.fixture
def answer(server, make_settings):
    """Answers uploads; `address` names another server."""

    def run(*uploads, address=None, name="tiny"):
        state = State(make_settings(model=name, address=lambda: address or server.address))
        try:
            return list(results_of(list(uploads), state))
        finally:
            state.close()

    return run


def test_the_model_gets_what_training_would_have_read(answer, deep_png, log_lines):
    (said,) = answer(Upload("deep.png", deep_png))
    pixels = np.asarray(Image.open(io.BytesIO(read_image(deep_png).encoded)).convert("RGB"))
    assert said.prediction.probabilities["bright"] == pytest.approx(pixels.mean() / 255, abs=0.02)
    assert (said.facts.format, said.facts.width, said.facts.height) == ("PNG", 32, 24)
    assert said.facts.converted
    assert log_lines()[0]["sha256"] == hashlib.sha256(deep_png).hexdigest()


def test_what_the_reader_made_is_read_again_unchanged(deep_png):
    once = read_image(deep_png).encoded
    assert read_image(once).encoded == once


def test_only_junk_among_good_images_fails(answer, dark, bright, log_lines):
    said = answer(Upload("a", dark), Upload("b", b"junk"), Upload("c", b""), Upload("d", bright))
    assert [one.error for one in said] == [None, "not_an_image", "empty", None]
    assert [one.prediction and one.prediction.label for one in said] == [
        "dark", None, None, "bright",
    ]  # fmt: skip
    lines = log_lines()
    assert [line["error"] for line in lines] == [None, "not_an_image", "empty", None]
    assert lines[3]["probabilities"] == pytest.approx({"dark": 0.2, "bright": 0.8}, abs=0.01)
    assert (lines[3]["version"], lines[3]["uncertain"]) == (2, False)
    assert all(value != "a" for line in lines for value in line.values())  # no file names


def test_a_dead_server_is_asked_once(answer, dark, monkeypatch):
    asked = []
    real = Model.ask
    monkeypatch.setattr(Model, "ask", lambda *them: asked.append(1) or real(*them))
    said = answer(Upload("a", dark), Upload("b", b"junk"), Upload("c", dark), address="127.0.0.1:1")
    assert [one.error for one in said] == ["unavailable", "not_an_image", "unavailable"]
    assert len(asked) == 1


def test_a_model_that_is_not_there(answer, dark):
    (said,) = answer(Upload("a", dark), name="other")
    assert said.error == "unknown_model"
    assert "other" in said.detail


def test_an_answer_that_can_not_be_recorded_is_not_given(make_settings, log_file, dark):
    state = State(make_settings())
    log_file.unlink()
    log_file.mkdir()
    (said,) = results_of([Upload("a", dark)], state)
    state.close()
    assert (said.error, said.prediction, said.picture) == ("not_recorded", None, None)


def test_values_that_are_no_prediction_are_not_shown_but_recorded(answer, dark, log_lines, broken):
    (said,) = answer(Upload("a", dark), address=broken("nan"), name="broken")
    assert (said.error, said.prediction, said.picture) == ("no_prediction", None, None)
    assert "version 7 of model 'broken' gave no prediction: probabilities are not" in said.detail
    (line,) = log_lines()
    assert (line["version"], line["error"]) == (7, "no_prediction")
    assert line["label"] is line["probabilities"] is line["uncertain"] is None
