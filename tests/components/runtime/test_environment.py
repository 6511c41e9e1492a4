import ast
import re

from components.runtime.environment import HOME, VARIABLES
from components.runtime.source_hash import ROOT

PRODUCT = [
    path
    for package in ("components", "kubeflow", "pipeline", "serving")
    for path in sorted((ROOT / package).rglob("*"))
    if path.suffix in (".py", ".yaml", ".html", ".md")
]
NAME = re.compile(r"\bMEDTFX_[A-Z_]+\b")


def test_a_variable_that_is_not_set_is_empty():
    assert HOME.get({"MEDTFX_HOME": "/srv"}) == "/srv" and HOME.get({}) == ""
    assert f"{HOME}" == "MEDTFX_HOME"


def test_the_table_has_every_variable_that_is_named_anywhere():
    named = {name for path in PRODUCT for name in NAME.findall(path.read_text())}
    assert named == {variable.name for variable in VARIABLES}
    for variable in VARIABLES:
        assert all((variable.meaning, variable.default, variable.read_by))


def test_no_other_module_spells_a_name_to_read_it():
    """A name that is a whole string in the code, as `os.environ` and `envvar=` take it."""
    table = ROOT / "components/runtime/environment.py"
    spelled = {
        (path.relative_to(ROOT).as_posix(), node.value)
        for path in PRODUCT
        if path.suffix == ".py" and path != table
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and NAME.fullmatch(str(node.value))
    }
    assert spelled == set()
