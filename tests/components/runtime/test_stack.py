from importlib import metadata

import pytest

from components.runtime import stack


@pytest.mark.parametrize(("name", "tfx"), sorted(stack.TFX_VERSIONS.items()))
def test_the_stack_is_told_by_its_tfx(monkeypatch, name, tfx):
    monkeypatch.setattr(metadata, "version", {"tfx": tfx}.get)
    assert stack.installed_stack() == name


def test_another_tfx_is_no_stack(monkeypatch):
    monkeypatch.setattr(metadata, "version", {"tfx": "1.17.0"}.get)
    assert stack.installed_stack() is None


def test_without_tfx_there_is_none(monkeypatch):
    def missing(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", missing)
    assert stack.installed_stack() is None
