"""Bounds on the way to the graph; tests/serving/contract has what is answered."""

import pytest

from serving.embedded.image_bounds import ImageBounds
from serving.embedded.models.model import LoadedModel
from serving.embedded.pixel_budget import PixelBudget
from serving.embedded.predict import predict
from serving.embedded.status_error import StatusError


@pytest.fixture(scope="module")
def model(tiny_model):
    loaded = LoadedModel("tiny", 7, tiny_model, 8)
    yield loaded
    loaded.close()


def test_the_graph_does_not_see_what_is_out_of_bounds(model, tools, dark, monkeypatch):
    monkeypatch.setattr(model, "run", lambda *_: pytest.fail("the graph was run"))
    with pytest.raises(StatusError, match="at most 200 pixels"):
        predict(model, tools.request(dark), ImageBounds(pixels=200))
    with pytest.raises(StatusError, match="at most 1 images"):
        predict(model, tools.request(dark, dark), ImageBounds(images=1))


def test_a_request_holds_its_pixels_while_the_graph_runs(model, tools, dark, monkeypatch):
    budget, run = PixelBudget(16 * 16), model.run
    held = []

    def watched(*arguments):
        held.append(budget._used)
        return run(*arguments)

    monkeypatch.setattr(model, "run", watched)
    predict(model, tools.request(dark), budget=budget)
    assert (held, budget._used) == ([16 * 16], 0)
