"""Pixels on the way to the graph; `http/test_rest.py` has what is out of bounds."""

import pytest

from serving.embedded.models.model import LoadedModel
from serving.embedded.pixel_budget import PixelBudget
from serving.embedded.predict import predict


@pytest.fixture(scope="module")
def model(tiny_model):
    loaded = LoadedModel("tiny", 7, tiny_model, 8)
    yield loaded
    loaded.close()


def test_a_request_holds_its_pixels_while_the_graph_runs(model, tools, dark, monkeypatch):
    budget, run = PixelBudget(16 * 16), model.run
    held = []

    def watched(*arguments):
        held.append(budget._used)
        return run(*arguments)

    monkeypatch.setattr(model, "run", watched)
    predict(model, tools.request(dark), budget=budget)
    assert (held, budget._used) == ([16 * 16], 0)
