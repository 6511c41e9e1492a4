from collections import Counter
from dataclasses import replace

import pytest

from components.data_audit.passes import sample as module
from components.data_audit.passes.sample import sample
from tests.components.data_audit.cohort import write_records


@pytest.fixture
def files(tmp_path, one):
    """Ten files, of 20 images of one class and ten of another."""
    labels = ["a", "b", "a"] * 10
    pictures = [
        replace(one[0], filename=f"{n}", label=label) for n, label in enumerate(sorted(labels))
    ]
    return write_records(tmp_path / "measures", pictures, files=10)


def test_of_a_small_set_it_is_all(files):
    assert {label: len(images) for label, images in sample(files).items()} == {"a": 20, "b": 10}


def test_of_a_large_one_it_is_as_many_of_each_class(files, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 3)
    assert {label: len(images) for label, images in sample(files).items()} == {"a": 3, "b": 3}


def test_only_some_files_are_read(files, monkeypatch):
    monkeypatch.setattr(module, "_FILES", 5)
    read = []
    monkeypatch.setattr(module, "read_pictures", lambda path: read.append(path) or [])
    sample(files)
    assert Counter(read) == Counter(files[::2])
