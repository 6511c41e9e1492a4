"""What was found, in the terminal."""

from functools import partial

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from components.runtime.tables import class_table
from pipeline.monitor.checks.estimated_recall import BLINDNESS
from pipeline.monitor.findings import Monitored
from pipeline.monitor.labels.truth import Truth
from pipeline.monitor.outputs import words
from pipeline.monitor.outputs.outcome import Outcome
from pipeline.monitor.shadow import Pair, Shadowed

_SHOWN = 10  # corrections


def print_result(console: Console, outcome: Outcome) -> None:
    """Prints the tables, and the outcome last."""
    found, truth = outcome.found, outcome.truth
    settings = found.settings
    say = partial(console.print, highlight=False, markup=False)
    say(
        f"{outcome.title}, {settings.since:%Y-%m-%d %H:%M} to {settings.until:%Y-%m-%d %H:%M} UTC: "
        f"{found.images} images against {found.reference_images} of "
        f"{found.reference_patients} patients."
    )
    console.print(_checks(found))
    if found.recalls:
        console.print(_recalls(found))
        say(BLINDNESS)
    for note in words.notes(found):
        say(note)
    if truth is not None:
        console.print(_truth(truth))
        say(words.labelled(truth))
        for one in truth.corrections[:_SHOWN]:
            say(
                f"  {one.image[:16]}: predicted {one.predicted} ({one.probability:.2f}), "
                f"is {one.label}"
            )
        if len(truth.corrections) > _SHOWN:
            say(f"  and {len(truth.corrections) - _SHOWN} more; --json lists all.")
    if outcome.shadow is not None:
        _print_shadow(console, outcome.shadow)
    say(outcome.sentence)


def _print_shadow(console: Console, shadow: Shadowed) -> None:
    if shadow.pairs:
        console.print(_pairs(shadow.predicted, "How often each class is predicted"))
        console.print(_shifts(shadow))
    if shadow.right:
        console.print(_pairs(shadow.right, "How often each class is recognised, by labels"))
    for one in shadow.differing[:_SHOWN]:
        console.print(
            f"  {one.image[:16]}: served {one.served} ({one.served_probability:.2f}), shadow "
            f"{one.shadow} ({one.shadow_probability:.2f})",
            highlight=False,
            markup=False,
        )
    console.print(words.shadowed(shadow), highlight=False, markup=False)


def _pairs(pairs: tuple[Pair, ...], title: str) -> Table:
    names = ("images", "served", "shadow", "both", "difference", "95 % interval", "p")
    table = class_table(names, title)
    for one in pairs:
        counts = (one.images, one.served, one.shadow, one.both)
        interval = f"{one.low:+.3f} to {one.high:+.3f}"
        table.add_row(
            escape(one.label),
            *map(str, counts),
            f"{one.difference:+.3f}",
            interval,
            words.p_value(one.p),
        )
    return table


def _shifts(shadow: Shadowed) -> Table:
    table = class_table(("mean change", "95 % interval"), "Probability, shadow less served")
    for one in shadow.shifts:
        table.add_row(escape(one.label), f"{one.mean:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}")
    return table


def _checks(found: Monitored) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), caption_justify="left")
    table.add_column("check", overflow="fold")
    for name in ("images", "reference → now", "effect", "score", ""):
        table.add_column(name, justify="right" if name != "" else "left")
    table.caption = f"An alarm is a score above {found.limit:.2f}; {words.rate(found)}"
    for one in found.findings:
        row = (one.name, str(one.images), words.change(one), words.effect(one), f"{one.score:.2f}")
        table.add_row(*map(escape, row), "ALARM" if one.alarm else "")
    return table


def _recalls(found: Monitored) -> Table:
    table = class_table(("reference", "by labels", "now", "95 % interval"), "Recall without labels")
    for one in found.recalls:
        table.add_row(
            escape(one.label),
            *map(words.recall, (one.reference, one.observed, one.now)),
            words.recall_interval(one.low, one.high),
        )
    return table


def _truth(truth: Truth) -> Table:
    table = class_table(
        ("images", "right", "recall", "95 % interval", "floor", ""), "Recall by labels"
    )
    for one in truth.classes:
        result = one.result
        table.add_row(
            escape(result.label),
            str(result.cases),
            str(result.hits),
            words.recall(result.recall),
            words.recall_interval(result.low, result.high),
            f"{one.floor:.2f}",
            words.verdict(one),
        )
    return table
