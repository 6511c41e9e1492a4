"""Each file of `components/` is edited in a copy of the tree: exactly which nodes run again?

What should be behind a node is computed in another way than by the product: by grimp, the library
of import-linter, and by a search in the text of the modules for the names of files beside them.
"""

import shutil
from pathlib import Path

import grimp
import pytest

from components.runtime.source_hash import ROOT
from pipeline.dag.sources import MODULES, model_source, node_source

PACKAGES = ("components", "kubeflow", "pipeline", "serving")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return root


@pytest.fixture
def moved_by(tree):
    """Returns a function that edits a file and says which nodes' hashes moved."""
    before = _hashes(tree)

    def edit(name: str) -> set[str]:
        path = tree / name
        content = path.read_bytes()
        path.write_bytes(content + b"#")  # a comment, where it is Python
        try:
            after = _hashes(tree)
        finally:
            path.write_bytes(content)
        return {node for node in before if after[node] != before[node]}

    return edit


def _hashes(tree: Path) -> dict[str, str]:
    return {node: node_source(node, tree) for node in MODULES}


def test_an_edit_of_any_file_of_components_moves_the_nodes_that_depend_on_it(tree, moved_by):
    behind = {node: _oracle(modules) for node, modules in MODULES.items()}
    files = [
        path.relative_to(tree).as_posix()
        for path in sorted((tree / "components").rglob("*"))
        if path.is_file()
    ]
    assert "components/run_report/template/page.css" in files
    expected = {name: {node for node in MODULES if name in behind[node]} for name in files}
    assert {name: moved_by(name) for name in files} == expected


@pytest.mark.parametrize(
    ("file", "moved", "still"),
    [
        (
            "components/uncertainty/calibration.py",
            {"Trainer"},
            {"DataAudit", "ImageExampleGen", "Trial"},
        ),
        ("components/imaging/decode.py", {"ImageExampleGen"}, {"Trainer", "Evaluator"}),
        ("components/network/backbones.py", {"Trainer", "Trial"}, {"Transform", "Evaluator"}),
        # A node's own code moves that node, and no other one.
        ("components/run_report/template/page.html", {"RunReport"}, None),
        ("components/data_audit/checks/leaks.py", {"DataAudit"}, None),
        ("components/image_example_gen/listing/listing.py", {"ImageExampleGen"}, None),
        ("components/evaluator/metrics.py", {"Evaluator"}, None),
        ("components/trainer/run_fn.py", {"Trainer"}, None),
        ("serving/embedded/http/rest.py", {"ServingValidator"}, None),
    ],
)
def test_an_edit_moves_those_that_use_the_code_and_no_others(moved_by, file, moved, still):
    nodes = moved_by(file)
    assert moved <= nodes and not nodes & (still or set(MODULES) - moved)


@pytest.mark.parametrize(
    ("file", "moves"),
    [
        ("components/run_report/page.py", False),
        ("components/data_audit/checks/leaks.py", False),
        ("components/trainer/README.md", False),
        ("components/training/fit.py", True),
        ("components/image_example_gen/listing/listing.py", True),
    ],
)
def test_only_the_code_that_makes_a_model_is_a_reason_to_train_again(tree, file, moves):
    before, content = model_source(tree), (tree / file).read_bytes()
    (tree / file).write_bytes(content + b"#")
    try:
        assert (model_source(tree) != before) == moves
    finally:
        (tree / file).write_bytes(content)


# === The oracle ===

GRAPH = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def _oracle(modules: tuple[str, ...]) -> set[str]:
    """Returns the files behind modules: their imports, each `__init__`, what is named beside."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found |= {module}
        parents = module.split(".")[:-1]
        waiting += [".".join(parents[:end]) for end in range(1, len(parents) + 1)]
        waiting += GRAPH.find_modules_directly_imported_by(module)
        waiting += [_module(path) for path in _named_beside(module) if path.suffix == ".py"]
    named = {path for module in found for path in _named_beside(module)}
    paths = {_path(module) for module in found} | named
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_file()}


def _named_beside(module: str) -> set[Path]:
    """Returns files beside a module whose name, or whose folder's name, is a string in it."""
    path = _path(module)
    text = path.read_text() if path.is_file() else ""
    quoted = [beside for beside in path.parent.iterdir() if f'"{beside.name}"' in text]
    folders = [beside for beside in quoted if beside.is_dir() and not any(beside.glob("*.py"))]
    files = {beside for beside in quoted if beside.is_file()}
    return files | {file for folder in folders for file in folder.rglob("*") if file.is_file()}


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
