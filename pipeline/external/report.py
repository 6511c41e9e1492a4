"""The result as a table for the terminal, as JSON, and as one HTML page that loads nothing."""

import json
from dataclasses import asdict
from pathlib import Path

from markupsafe import Markup
from rich.console import Console
from rich.text import Text

from components import run_report
from components.gate.floors import held, reaches
from components.gate.pushed_gate import without_nan
from components.run_report.plots import reliability_diagram
from components.runtime.html import html_environment
from components.runtime.numbers import interval, number
from components.runtime.tables import class_table
from pipeline.external.evaluation import External
from pipeline.external.gallery import Mistake
from pipeline.external.net_benefit import SHOWN
from pipeline.external.plots import decision_curves, recall_plot
from pipeline.external.rules import Rules
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

_STYLE = Path(run_report.__file__).with_name("template") / "page.css"
CSV, JSON, PAGE = "predicted.csv", "evaluation.json", "index.html"
_COLUMNS = ("n", "recall", "95 % CI", "floor", "home", "here - home", "shortcuts")


def print_result(console: Console, found: External, rules: Rules, not_used: str) -> None:
    """Prints a row for each class, the verdict, and what the model says about the images.

    Args:
        console: of the terminal.
        found: the result.
        rules: that it was held to.
        not_used: the files that were not used, in one line.
    """
    evaluation = rules.recipe.evaluation
    home = {one.label: one for one in found.against_home}
    shortcuts = {one.label: one for one in found.shortcuts.classes} if found.shortcuts else {}
    table = class_table(_COLUMNS, "Results on the images of the other place")
    for one in found.classes:
        floor, change = evaluation.floor(one.label), home.get(one.label)
        passes = reaches(held(one, evaluation.floor_on), floor)
        table.add_row(
            Text(one.label),
            f"{one.cases}/{one.patients}",
            number(one.recall),
            interval(one.low, one.high),
            Text(number(floor), style="green" if passes else "red"),
            number(change.home if change else None),
            signed_interval(change.low, change.high) if change else "-",
            number(shortcuts[one.label].recall if one.label in shortcuts else None),
        )
    table.caption = (
        "n: images/patients. Home: recall on the test split of the run.\n"
        "Here - home: 95 % interval; the images are others, so it is not paired.\n"
        "Shortcuts: recall of size, format and grey level alone, on these images."
    )
    console.print(table)
    console.print(
        Text(found.sentence, style="bold green" if found.accepted else "bold red"), soft_wrap=True
    )
    for line in filter(None, (*facts(found), not_used)):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(Text(NOT_A_MEDICAL_DEVICE, style="dim"))


def signed_interval(low: float, high: float) -> str:
    """Returns both bounds of a difference, with their signs."""
    return f"{low:+.2f}..{high:+.2f}"


def facts(found: External) -> list[str]:
    """Returns a sentence for each figure beside the classes."""
    unlike, unsure, baseline = found.out_of_distribution, found.uncertain, found.shortcuts
    lines = [
        f"{found.origin.model}/{found.origin.version} on {found.images} images of {found.patients} "
        f"patients in {found.folder}. Balanced accuracy {found.balanced_accuracy:.2f}, expected "
        f"calibration error {found.calibration_error:.3f}.",
        f"Unlike the training images: {unlike.images} ({unlike.share:.0%}, 95 % interval "
        f"{unlike.low:.0%}-{unlike.high:.0%}). Uncertain: {unsure.images} ({unsure.share:.0%}, "
        f"{unsure.low:.0%}-{unsure.high:.0%}).",
    ]
    if baseline:
        lines.append(
            f"Size, format and grey level alone reach a balanced accuracy of "
            f"{baseline.balanced_accuracy:.2f} on {baseline.images} of these images, the model "
            f"{baseline.model:.2f}. The nearer the two are, the less the model's figures say about "
            "the disease."
        )
    else:
        lines.append("Shortcuts are not measured: a class has fewer than two patients here.")
    changed = [one for one in found.against_home if one.significant]
    lines += [
        f"The recall of {one.label} is {'higher' if one.difference > 0 else 'lower'} here than at "
        f"home, by {abs(one.difference):.2f} ({signed_interval(one.low, one.high)})."
        for one in changed
    ]
    if not found.against_home:
        lines.append(
            "The figures at home are not known: only the pushed version's folder has them."
        )
    return [*lines, *found.notes]


def write_files(
    folder: Path,
    found: External,
    rules: Rules,
    mistakes: list[Mistake],
    not_used: str,
) -> None:
    """Writes the JSON and the page.

    Args:
        folder: of the results.
        found: the result.
        rules: that it was held to.
        mistakes: for the page.
        not_used: the files that were not used, in one line.
    """
    values = {
        **{name: getattr(found, name) for name in ("accepted", "sentence")},
        **{
            name: value for name, value in asdict(found).items() if name not in ("failed", "matrix")
        },
        "matrix": found.matrix.tolist(),
        "not_used": not_used,
        "home": [asdict(one) for one in rules.home],
        "floor_on": rules.recipe.evaluation.floor_on,
        "floors": {one.label: rules.recipe.evaluation.floor(one.label) for one in found.classes},
    }
    text = json.dumps(without_nan(values), indent=2, ensure_ascii=False) + "\n"
    (folder / JSON).write_text(text, encoding="utf-8", errors="replace")
    page = render(found, rules, mistakes, not_used)
    (folder / PAGE).write_bytes(page.encode(errors="replace"))


def render(found: External, rules: Rules, mistakes: list[Mistake], not_used: str) -> str:
    """Returns the page."""
    environment = html_environment(Path(__file__).with_name("templates"))
    environment.filters |= {"two": number}
    return environment.get_template("external.html").render(
        style=Markup(_STYLE.read_text(encoding="utf-8")),
        found=found,
        evaluation=rules.recipe.evaluation,
        mistakes=mistakes,
        not_used=not_used,
        facts=facts(found),
        shown=SHOWN,
        signed=signed_interval,
        passes=lambda one, floor: reaches(held(one, rules.recipe.evaluation.floor_on), floor),
        recall_plot=Markup(recall_plot(found, rules.home)),
        reliability_plot=Markup(reliability_diagram(found.reliability, found.reliability)),
        decision_plot=Markup(decision_curves(found.benefit)),
        disclaimer=NOT_A_MEDICAL_DEVICE,
    )
