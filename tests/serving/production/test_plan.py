from importlib import metadata

import pytest

from serving.protocol.errors import ServingError


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("covid19-3class", "covid19-3class"),
        ("Chest_X.ray", "chest-x-ray"),
        ("3class", "model-3class"),
        ("x" * 80, "x" * 52),
    ],
)
def test_kubernetes_takes_the_name(plan, model, name):
    assert plan(model).name == name
    assert plan(model).server == f"{name}-serving"
    assert len(plan(model).server) <= 63


def test_the_image_fits_the_stack(plan, monkeypatch):
    monkeypatch.setattr(metadata, "version", {"tensorflow-serving-api": "2.19.1"}.__getitem__)
    assert plan(image=None).image(gpu=False) == "tensorflow/serving:2.19.1"
    assert plan(image=None).image(gpu=True) == "tensorflow/serving:2.19.1-gpu"
    assert plan(image="own:1").image(gpu=True) == "own:1"


def test_without_a_stack_the_image_must_be_named(plan, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ServingError, match=r"--set serving\.image="):
        plan(image=None).image(gpu=False)
