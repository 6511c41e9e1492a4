import ast
import re

from components.runtime import errors
from components.runtime.source_hash import ROOT


def bases_by_class() -> dict[str, set[str]]:
    """Returns class → names of its bases, of all classes of the product."""
    return {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for package in ("components", "kubeflow", "pipeline", "serving")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }


def test_the_tree_in_the_docstring_has_every_error():
    found, before = {"MedtfxError"}, set()
    classes = bases_by_class()
    while found != before:
        before = set(found)
        found |= {name for name, bases in classes.items() if bases & found}
    drawn = errors.__doc__.partition("\n\nEach message")[0]
    assert set(re.findall(r"\b[A-Z]\w+Error\b", drawn)) == found
