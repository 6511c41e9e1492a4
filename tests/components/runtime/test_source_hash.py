"""A tree of three small packages; what a module depends on is what changes its hash."""

import sys

import pytest

from components.runtime.source_hash import package_hash, source_files, source_hash

TREE = {
    "components/__init__.py": "",
    "components/node/__init__.py": "",
    "components/node/executor.py": """
from typing import TYPE_CHECKING

from components.node import helper
from components.shared.numbers import one

if TYPE_CHECKING:
    from components.shared import types_only

TEMPLATE, FOLDER = "page.html", "scripts"
RUN_FN = "components.node.named.run_fn"
OF_OTHERS = "sys.executor", "nowhere.html", "components.node.missing"


def Do():
    from components.shared.when_called import two
""",
    "components/node/helper.py": "from .sibling import x\n",
    "components/node/sibling.py": "import components.node.helper\n",
    "components/node/named.py": "raise ImportError('read, never imported')\n",
    "components/node/unused.py": "",
    "components/node/page.html": "<p>",
    "components/node/unused.html": "<p>",
    "components/node/scripts/draw.js": "1",
    "components/shared/__init__.py": "from components.shared.early import z\n",
    "components/shared/early.py": "z = 1\n",
    "components/shared/numbers.py": "one = 1\n",
    "components/shared/when_called.py": "two = 2\n",
    "components/shared/types_only.py": "",
}
BEHIND_THE_EXECUTOR = {
    "components/__init__.py",
    "components/node/__init__.py",
    "components/node/executor.py",
    "components/node/helper.py",
    "components/node/sibling.py",
    "components/node/named.py",
    "components/node/page.html",
    "components/node/scripts/draw.js",
    "components/shared/__init__.py",
    "components/shared/early.py",
    "components/shared/numbers.py",
    "components/shared/when_called.py",
}
EXECUTOR = "components.node.executor"


@pytest.fixture
def root(tmp_path):
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_files_are_the_imports_and_what_is_named_beside_them(root):
    files = source_files(EXECUTOR, root=root)
    assert {file.relative_to(root).as_posix() for file in files} == BEHIND_THE_EXECUTOR
    assert "components.node.named" not in sys.modules


def test_the_same_source_gives_the_same_hash_in_another_folder(root, tmp_path_factory):
    first = source_hash(EXECUTOR, root=root)
    assert len(first) == 16 and source_hash(EXECUTOR, root=root) == first
    moved = root.rename(tmp_path_factory.mktemp("elsewhere") / "tree")
    assert source_hash(EXECUTOR, root=moved) == first


@pytest.mark.parametrize("name", sorted(TREE))
def test_an_edit_changes_the_hash_where_the_file_is_behind_the_module(root, name):
    before = source_hash(EXECUTOR, root=root)
    with (root / name).open("a") as file:
        file.write("# \n")
    assert (source_hash(EXECUTOR, root=root) != before) == (name in BEHIND_THE_EXECUTOR)


def test_a_new_import_is_followed(root):
    before = source_hash(EXECUTOR, root=root)
    (root / "components/node/helper.py").write_text("import components.node.unused\n")
    files = source_files(EXECUTOR, root=root)
    assert root / "components/node/unused.py" in files
    assert root / "components/node/sibling.py" not in files
    assert source_hash(EXECUTOR, root=root) != before


def test_several_modules_are_hashed_together_in_any_order(root):
    both = source_hash(EXECUTOR, "components.node.unused", root=root)
    assert both == source_hash("components.node.unused", EXECUTOR, root=root)
    assert both != source_hash(EXECUTOR, root=root)


def test_a_missing_module_is_named(root):
    with pytest.raises(ModuleNotFoundError, match=r"components\.nowhere"):
        source_hash("components.nowhere", root=root)


@pytest.mark.parametrize("name", ["components/node/executor.py", "pipeline/recipes/chest.yaml"])
def test_the_hash_of_the_packages_follows_every_file(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("a")
    (path.parent / "executor.pyc").write_bytes(b"compiled")
    (tmp_path / "README.md").write_text("not of a package")
    before = package_hash(tmp_path)
    (path.parent / "executor.pyc").write_bytes(b"again")
    (tmp_path / "README.md").write_text("changed")
    assert package_hash(tmp_path) == before
    path.write_text("b")
    assert package_hash(tmp_path) != before
