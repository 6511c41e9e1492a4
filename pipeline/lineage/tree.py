"""A lineage as a tree for the terminal."""

from rich.text import Text
from rich.tree import Tree

from components.recipe.evaluation import judged_on
from components.runtime.numbers import number
from pipeline.lineage.model import Lineage
from pipeline.runs.records import Gate

_COMPARED = {"lower_bound": "lower bound", "point": "recall"}


def lineage_tree(found: Lineage) -> Tree:
    """Returns the tree: the version, and below it everything that it was made from."""
    tree = Tree(_text(f"{found.model}/{found.version}", "bold").append(f": {_where(found)}"))
    tree.add(_text(f"pushed {found.pushed_at} by run {found.run}"))
    for reason in found.reasons:
        tree.add(_text(f"run {reason.run} was started because: {reason.text}"))
    _add_people(tree, found)
    _add_gate(tree, found)
    _add_validation(tree, found)
    _add_making(tree, found)
    return tree


def command_line(found: Lineage) -> str:
    """Returns the line with the command that trains the model again."""
    unsure = "" if found.overrides is not None else " (the overrides of --set are not known)"
    return f"To train it again, with the same images and code: {found.command}{unsure}"


def _where(found: Lineage) -> str:
    if found.state == "remote":
        return f"pushed to {found.destination}"
    return f"no longer in {found.destination}" if found.state == "deleted" else found.state


def _add_people(tree: Tree, found: Lineage) -> None:
    for decision in found.approvals:
        what = "approved" if decision["approved"] else "rejected"
        tree.add(_text(f"{what} {decision['at']} by {decision['by']}{_note(decision['note'])}"))
    for entry in found.promotions:
        label = f" {entry.label}" if entry.label else ""
        way = f"{entry.before or '-'} to {entry.after}"
        tree.add(_text(f"{entry.action}{label} {entry.at} by {entry.by}: {way}{_note(entry.note)}"))


def _note(note: str) -> str:
    return f" ({note})" if note else ""


def _add_gate(tree: Tree, found: Lineage) -> None:
    section = found.recipe.get("evaluation", {})
    gate = tree.add(_text(f"recall gate, on {judged_on(section.get('folds'))}"))
    floor_on = section.get("floor_on", "")
    for one in found.gates:
        gate.add(_text(_gate_line(one, floor_on)))
    if not found.gates:
        gate.add(_text("the evaluation is gone"))
    if found.looks:
        count = len(found.looks)
        many = f"{count} {'model was' if count == 1 else 'models were'} judged by these images"
        looks = gate.add(_text(many))
        for number, look in enumerate(found.looks, start=1):
            looks.add(_text(f"{number}: {look.recipe}, {look.by} {look.run}, {look.at}"))


def _gate_line(gate: Gate, floor_on: str) -> str:
    recall, low, floor = map(number, (gate.recall, gate.low, gate.floor))
    text = f"{gate.label}: recall {recall} of {gate.cases} images, lower bound {low}, floor {floor}"
    return f"{text} for the {_COMPARED[floor_on]}" if floor_on else text


def _add_validation(tree: Tree, found: Lineage) -> None:
    seen = found.validation
    tree.add(
        _text(
            f"validated by serving it: {seen['images_asked']} test images predicted, "
            f"{seen['images_compared']} compared with the training, largest difference "
            f"{seen['largest_difference']:.1e}"
            if seen
            else "not validated by serving it, or the result is gone"
        )
    )


def _add_making(tree: Tree, found: Lineage) -> None:
    data = found.data
    images = tree.add(
        _text(
            f"images {data['folder']}, fingerprint {data['fingerprint'][:12]}: "
            f"{data['images_read']} read, {data['images_unreadable']} unreadable, "
            f"{data['images_taken_over']} taken over from an earlier run"
        )
    )
    for split, counts in data["splits"].items():
        of_each = ", ".join(f"{count} {label}" for label, count in counts.items())
        images.add(_text(f"{split} {sum(counts.values())}: {of_each}"))
    recipe = tree.add(_text(f"recipe {found.pipeline}, TFX {found.tfx_version}"))
    for section, values in found.recipe.items():
        pairs = ", ".join(f"{key} {_short(value)}" for key, value in values.items())
        recipe.add(_text(f"{section}: {pairs}"))
    nodes = tree.add(_text("nodes, each with the run in which it ran and the digest of its code"))
    for step in found.steps:
        nodes.add(_text(f"{step.node:<18} {step.run:<16} {step.source or '-'}"))


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} {_short(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    return "-" if value is None or value == "" else str(value)


def _text(text: str, style: str = "") -> Text:
    return Text(text, style=style)  # names and notes are no markup
