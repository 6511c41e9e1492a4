"""What was found, in words, for the terminal and the page."""

from collections.abc import Iterator, Mapping
from math import isnan

from pipeline.monitor.checks.checks import LEAST_EMBEDDED
from pipeline.monitor.findings import Finding, Monitored, Unusual
from pipeline.monitor.labels.truth import LiveRecall, Truth
from pipeline.monitor.shadow import Shadowed

EFFECTS = {
    "shares": "V",
    "distribution": "D",
    "rate": "change",
    "recall": "change",
    "domain": "AUC",
}
VERDICTS = {
    "reaches": "reaches its floor",
    "open": "too few labels to say",
    "below": "BELOW its floor",
}


def sentence(found: Monitored, truth: Truth | None = None) -> str:
    """Returns the outcome in a sentence."""
    clauses = [f"{one.name}: {change(one)}" for one in found.alarms]
    clauses += [
        f"recall of {one.result.label} is {one.result.recall:.3f}, its interval ends at "
        f"{one.result.high:.3f}, below the floor of {one.floor:.2f}"
        for one in (truth.below if truth else ())
    ]
    if clauses:
        return f"ALARM: {'; '.join(clauses)}."
    return "Quiet: the images and predictions are like those that the gate judged."


def change(finding: Finding) -> str:
    """Returns from what to what: '12 % → 31 % COVID'."""
    if finding.kind == "distribution":
        return f"median {_number(finding.before['median'])} → {_number(finding.now['median'])}"
    name = _most_changed(finding.before, finding.now)
    before, now = finding.before.get(name, 0.0), finding.now.get(name, 0.0)
    if finding.kind == "domain":
        return f"told apart with AUC {now:.3f}"
    if finding.kind == "recall":
        return f"{recall(before)} → {recall(now)}"
    words = f"{before:.1%} → {now:.1%}"
    return f"{words} {name}" if finding.kind == "shares" else words


def recall(value: float) -> str:
    """Returns a recall, or a dash where it is not known."""
    return "-" if isnan(value) else f"{value:.3f}"


def recall_interval(low: float, high: float) -> str:
    """Returns both bounds of a recall, or a dash where they are not known."""
    return "-" if isnan(low) else f"{low:.3f}-{high:.3f}"


def effect(finding: Finding) -> str:
    """Returns the size of the effect with its name."""
    signed = finding.kind in ("rate", "recall")
    p = "" if finding.p is None else f", p {finding.p:.3f}"
    return f"{EFFECTS[finding.kind]} {finding.effect:{'+' if signed else ''}.3f}{p}"


def notes(found: Monitored) -> Iterator[str]:
    """Yields sentences about the log and the reference."""
    if found.repeated:
        yield (
            f"{found.repeated:.1%} of the predictions repeat an image; the last one of each counts."
        )
    if found.latency:
        yield (
            f"A request took {found.latency['median']:.0f} ms (median), 95 % of them at most "
            f"{found.latency['95 %']:.0f} ms."
        )
    if unknown := [one.label for one in found.recalls if isnan(one.now)]:
        yield (
            f"By the probabilities, the images hold less than one case of {', '.join(unknown)}: no "
            "recall is estimated."
        )
    for fault, count in found.faults.items():
        left = "" if fault == "clock went back" else " (left out)"
        yield f"In the log, {fault}: {count}{left}."
    if missing := _without_embedding(found):
        yield f"Embeddings are not compared: {missing}."
    if found.folds:
        yield (
            "The reference holds predictions of the models of the folds; the served model was "
            "trained on all images and may be a little surer."
        )


def _without_embedding(found: Monitored) -> str:
    """Returns why there is no check of the embeddings, or ''."""
    reference, now = found.embedded
    if found.folds:
        return "those of the folds' models mean something else than those of the served one"
    if not reference:
        return "the version was pushed by an earlier medtfx, which has none"
    if now < LEAST_EMBEDDED:
        return f"{now} images of the log have one to compare, and {LEAST_EMBEDDED} are needed"
    return ""


def why_unusual(one: Unusual) -> str:
    """Returns why an image is named, and its tags."""
    reason = "typical of the change" if one.unlike_reference else ""
    if one.out_of_distribution:
        reason = "unlike the training images"
    tags = ", ".join(f"{name} {value}" for name, value in one.tags.items())
    return "; ".join(part for part in (reason, tags) if part)


def rate(found: Monitored) -> str:
    """Returns how often an alarm comes by chance."""
    settings = found.settings
    accepted = f"{settings.false_alarms:g} false alarm{'s' * (settings.false_alarms != 1)}"
    return f"run every {settings.days:g} days, all checks together raise about {accepted} a year."


def labelled(truth: Truth) -> str:
    """Returns how many labels there are, and how they are counted."""
    who = "patients" if truth.by_patient else "studies or images, each counted as a patient"
    alone = f"; {truth.unmatched} labels have no prediction in this span" if truth.unmatched else ""
    return f"{truth.images} predictions have a label, of {truth.patients} {who}{alone}."


def shadowed(shadow: Shadowed) -> str:
    """Returns for how many images the shadow was asked, and how often the two agree."""
    said = (
        f"Version {shadow.version}, the shadow, has predictions for {shadow.pairs} of "
        f"{shadow.images} images"
    )
    if not shadow.pairs:
        return f"{said}: nothing can be compared. Is it asked, with --shadow?"
    return f"{said}, and predicts the same class for {shadow.agreement:.1%} of them."


def p_value(p: float) -> str:
    """Returns a p-value with three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def verdict(one: LiveRecall) -> str:
    """Returns what the labels say about the floor of a class."""
    return VERDICTS[one.verdict]


def _most_changed(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    return max({**before, **now}, key=lambda name: abs(now.get(name, 0.0) - before.get(name, 0.0)))


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
