"""Applies the gate's rules to the counts of a data folder."""

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.folds.deal import check_patients
from components.gate.feasibility import REMEDY, REMEDY_WITH_FOLDS, Prospect, prospects
from components.image_example_gen.listing.listing import Listing
from components.recipe.recipe import Recipe
from components.runtime.errors import MedtfxError
from components.runtime.numbers import number
from components.runtime.tables import class_table

_LOW_POWER = 0.8  # as clinical trials are planned for
_COLUMNS = ("n", "floor", "at best", "least", "expected", "chance", "later")


class UnreachableFloorError(MedtfxError):
    """No model can pass the gate with the images that it decides by."""


def plan(recipe: Recipe, listing: Listing) -> list[Prospect]:
    """Returns the prospects of each class and of each class in each gated slice.

    Raises:
        DataError: a class has fewer patients than `evaluation.folds`.
    """
    if folds := recipe.evaluation.folds:
        check_patients([(entry.label, entry.patient) for entry in listing.entries], folds)
    tested = listing.judging(folds is not None)
    return prospects(tested, recipe.data.classes, recipe.evaluation)


def check_floors(recipe: Recipe, found: list[Prospect]) -> None:
    """Refuses a recipe that no model can pass.

    Raises:
        UnreachableFloorError: names the classes, the missing counts and the choices.
    """
    sentence = _out_of_reach(found)
    if sentence and recipe.evaluation.unreachable_floors == "stop":
        remedy = REMEDY_WITH_FOLDS if recipe.evaluation.folds else REMEDY
        raise UnreachableFloorError(
            f"{sentence} {remedy}. To train anyway: --set evaluation.unreachable_floors=report."
        )


def print_plan(console: Console, recipe: Recipe, found: list[Prospect]) -> None:
    """Prints a row for each prospect, the chance to pass in all, and what can't be decided."""
    console.print(plan_table(recipe, found))
    for line in filter(None, dict.fromkeys([_chance(recipe, found), *remarks(recipe, found)])):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def plan_table(recipe: Recipe, found: list[Prospect]) -> Table:
    """Returns a row for each prospect."""
    table = class_table(_COLUMNS, f"The gate, on {recipe.evaluation.judged_on}")
    for one in found:
        expected = recipe.evaluation.expected(one.label)
        table.add_row(
            Text(f"{one.label}, {one.where}" if one.where else one.label),
            f"{one.images}/{one.patients}",
            f"{one.floor:.2f}",
            Text(number(one.best), style="green" if one.reachable else "red"),
            number(one.least_recall),
            number(expected),
            _percent(one.power),
            _percent(one.later),
        )
    held = "lower bound" if recipe.evaluation.floor_on == "lower_bound" else "recall"
    table.caption = (
        "n: images/patients. Least: the smallest recall that can pass.\n"
        f"At best: the {held} if all images are right.\n"
        "Chance: to pass, if the true recall is the expected one.\n"
        "Later: of a model as good to pass the comparison, if half of\n"
        "its errors are on other images."
    )
    return table


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.0%}"


def remarks(recipe: Recipe, found: list[Prospect]) -> list[str]:
    """Returns a sentence for each thing that these images can't show, and that stops no run."""
    lines = [_margin_too_small(recipe.evaluation.allowed_drop, found)]
    if joint_power(found) < _LOW_POWER:
        lines.append(_chance(recipe, found))
    if recipe.evaluation.unreachable_floors == "report":
        lines.append(_out_of_reach(found))
    return [line for line in lines if line]


def joint_power(found: list[Prospect]) -> float:
    """Returns the chance to pass with every expected recall at once; NaN if none is expected.

    Classes are of different images, and so independent for one model; slices share images with
    their class, and make the true chance a little higher.
    """
    known = [one.power for one in found if not math.isnan(one.power)]
    return math.prod(known) if known else math.nan


def _chance(recipe: Recipe, found: list[Prospect]) -> str:
    chance = joint_power(found)
    if math.isnan(chance):
        return ""
    more = "" if recipe.evaluation.folds else ", folds (evaluation.folds)"
    low = f" Images of more patients{more} or lower floors raise that."
    return (
        f"With these images, a model of the expected recalls passes the whole gate in "
        f"{chance:.0%} of cases.{low if chance < _LOW_POWER else ''}"
    )


def _out_of_reach(found: list[Prospect]) -> str:
    sentences = [prospect.sentence for prospect in found if not prospect.reachable]
    return f"No model can pass the gate: {'; '.join(sentences)}." if sentences else ""


def _margin_too_small(allowed: float | None, found: list[Prospect]) -> str:
    tight = [one for one in found if allowed is not None and one.least_drop > allowed]
    if not tight:
        return ""
    worst = max(tight, key=lambda one: one.least_drop)
    needed = math.ceil(100 * worst.least_drop) / 100
    return (
        f"Later models can't pass the comparison with the first: even with the very same "
        f"predictions, a loss of {worst.least_drop:.2f} of {worst.label} can't be ruled out on "
        f"these images, and evaluation.allowed_drop is {allowed:.2f}. Use --set "
        f"evaluation.allowed_drop={needed:.2f} or more, or null for no comparison."
    )
