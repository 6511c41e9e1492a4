"""What the listing commands print."""

import platform
from importlib import metadata

import yaml
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from components.runtime.stack import installed_stack
from pipeline.home import Home
from pipeline.recipes.loader import load_recipe, recipe_names, recipe_path
from pipeline.runs.records import RunRecord, load_all
from pipeline.runs.summary import number

_STACK_PACKAGES = ("tfx", "tensorflow", "keras", "tensorflow-model-analysis", "apache-beam", "kfp")


_RUN_LINE = "{:<16} {:<18} {:<12} {:>6}  {:<7}  {}"


def recipe_table() -> Table:
    """Returns the recipes that come with the product."""
    table = Table(Column("recipe", no_wrap=True), "what it is", box=SIMPLE_HEAD)
    for name in recipe_names():
        recipe = load_recipe(name)
        network = f"{len(recipe.data.classes)} classes, {recipe.model.title}"
        table.add_row(name, f"{recipe.summary}\n[dim]{network}[/dim]")
    return table


def resolved_yaml(name: str, overrides: list[str] | None) -> str:
    """Returns a recipe with its defaults filled in, under its own leading comment."""
    recipe = load_recipe(name, overrides)
    comment = []
    for line in recipe_path(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        comment.append(line)
    text = yaml.safe_dump(recipe.plain(), sort_keys=False, allow_unicode=True, width=100)
    return "\n".join([*comment, text.rstrip()])


def run_text(home: Home) -> Text:
    """Returns the runs of a home, newest first: a line each, and its gate values below."""
    lines = [_RUN_LINE.format("run", "recipe", "data", "images", "blessed", "version")]
    for record in reversed(load_all(home)):
        blessed = "yes" if record.blessed else "no"
        data, images = record.data_fingerprint[:12], str(record.images)
        lines.append(
            _RUN_LINE.format(
                record.run_id, record.recipe, data, images, blessed, _version(record)
            ).rstrip()
        )
        lines.append(f"    {_gate_values(record)}")
    lines.append(f"Recall (lower bound / floor) of each class. Home: {home.root}")
    return Text("\n".join(lines))


def version_text() -> str:
    """Returns stack, versions and platform, without importing what they belong to."""
    stack = installed_stack()
    lines = [_package_version("medtfx")]
    lines.append(f"Stack {stack}" if stack else "No stack of medtfx is installed")
    lines.append(f"Python {platform.python_version()} on {platform.platform()}")
    return "\n".join([*lines, *map(_package_version, _STACK_PACKAGES)])


def _package_version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} is not installed"


def _gate_values(record: RunRecord) -> str:
    return ", ".join(
        f"{gate.label} {number(gate.recall)} ({number(gate.low)} / {number(gate.floor)})"
        for gate in record.gates
    )


def _version(record: RunRecord) -> str:
    if record.approval in ("waiting", "rejected"):
        return "waits for approval" if record.approval == "waiting" else "rejected"
    if record.refused:
        return "refused when served"
    if record.version is None:
        return "-"
    return f"{record.version}" if record.served else f"{record.version} (at that time withdrawn)"
