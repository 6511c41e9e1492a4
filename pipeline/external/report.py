"""The result as a table for the terminal, as JSON, and as one HTML page that loads nothing."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from components.gate.floors import held, reaches
from components.recipe.evaluation import EvaluationSection
from components.runtime.html import html_environment
from components.runtime.numbers import interval, number
from components.runtime.tables import class_table
from pipeline.external.evaluation import External
from pipeline.runs.records import Gate
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

CSV, JSON, PAGE = "predicted.csv", "evaluation.json", "index.html"
_COLUMNS = ("n", "patients", "recall", "95 % CI", "floor", "at home", "specificity", "AUC")


def print_result(
    console: Console,
    found: External,
    evaluation: EvaluationSection,
    home: Mapping[str, Gate],
) -> None:
    """Prints a row for each class, the verdict, and what the model says about the images."""
    table = class_table(_COLUMNS)
    for one in found.classes:
        floor = evaluation.floor(one.label)
        passes = reaches(held(one, evaluation.floor_on), floor)
        table.add_row(
            Text(one.label),
            str(one.cases),
            str(one.patients),
            number(one.recall),
            interval(one.low, one.high),
            Text(number(floor), style="green" if passes else "red"),
            number(home[one.label].recall if one.label in home else None),
            number(one.specificity),
            number(one.auc),
        )
    console.print(table)
    style = "bold red" if found.refusals else "bold green"
    console.print(Text(found.sentence, style=style), soft_wrap=True)
    for line in facts(found):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def facts(found: External) -> list[str]:
    """Returns a sentence for each figure beside the classes."""
    strange, unsure = found.out_of_distribution, found.uncertain
    failed = ", ".join(f"{count} {reason}" for reason, count in found.failed.items())
    return [
        f"{found.origin.model}/{found.origin.version} on {found.images} images of {found.patients} "
        f"patients in {found.folder}.",
        f"Unlike the training images: {strange.images} ({strange.share:.0%}, 95 % interval "
        f"{strange.low:.0%}-{strange.high:.0%}). Uncertain: {unsure.images} ({unsure.share:.0%}). "
        f"Expected calibration error {found.calibration_error:.3f}.",
        *([f"Without a prediction: {failed}."] if failed else []),
    ]


def write_files(
    folder: Path,
    found: External,
    evaluation: EvaluationSection,
    home: Mapping[str, Gate],
) -> None:
    """Writes the JSON and the page."""
    values = {
        **asdict(found),
        "sentence": found.sentence,
        "home": {label: asdict(gate) for label, gate in home.items()},
    }
    text = json.dumps(values, indent=2, ensure_ascii=False)
    (folder / JSON).write_text(text, encoding="utf-8")
    environment = html_environment(Path(__file__).with_name("templates"))
    environment.filters |= {"two": number}
    page = environment.get_template("external.html").render(
        found=found,
        evaluation=evaluation,
        home=home,
        facts=facts(found),
        disclaimer=NOT_A_MEDICAL_DEVICE,
    )
    (folder / PAGE).write_bytes(page.encode(errors="replace"))
