import importlib
import sys

import pytest

from components.runtime.source_hash import source_hash


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a subpackage, importable as `hashed`."""
    root = tmp_path / "hashed"
    (root / "inner").mkdir(parents=True)
    (root / "__init__.py").write_text("raise ImportError('located, never imported')\n")
    (root / "module.py").write_text("x = 1\n")
    (root / "inner" / "deep.py").write_text("y = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return root


def test_the_same_source_gives_the_same_hash(package):
    assert source_hash("hashed") == source_hash("hashed")
    assert len(source_hash("hashed")) == 16
    assert "hashed" not in sys.modules


@pytest.mark.parametrize("name", ["__init__.py", "module.py", "inner/deep.py"])
def test_an_edit_anywhere_changes_it(package, name):
    before = source_hash("hashed")
    (package / name).write_text("x = 2\n")
    assert source_hash("hashed") != before


def test_a_new_a_renamed_and_a_removed_file_change_it(package):
    hashes = [source_hash("hashed")]
    (package / "more.py").write_text("z = 1\n")
    hashes.append(source_hash("hashed"))
    (package / "more.py").rename(package / "other.py")
    hashes.append(source_hash("hashed"))
    assert len(set(hashes)) == 3
    (package / "other.py").unlink()
    assert source_hash("hashed") == hashes[0]


def test_what_is_not_source_does_not_count(package):
    before = source_hash("hashed")
    (package / "README.md").write_text("words")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "module.cpython-310.pyc").write_bytes(b"x")
    assert source_hash("hashed") == before


def test_one_module_and_several_packages_can_be_hashed():
    one = source_hash("components.recipe")
    assert one != source_hash("components.storage.files")
    assert one != source_hash("components.recipe", "components.storage.files")


def test_a_missing_package_is_named():
    with pytest.raises(ModuleNotFoundError, match=r"components\.nowhere"):
        source_hash("components.nowhere")
