"""What was found, for Prometheus: gauges in its text format."""

from pipeline.monitor.outputs.outcome import Outcome
from serving.protocol.prometheus import braces


def to_prometheus(outcome: Outcome) -> str:
    """Returns gauges in the text format, for the textfile collector of node_exporter."""
    found, truth, shadow = outcome.found, outcome.truth, outcome.shadow
    own = {"model": outcome.model, "version": str(outcome.version)}
    gauges: dict[str, tuple[str, list[tuple[dict[str, str], float]]]] = {
        "alarm": ("1 if the monitor raised an alarm.", [({}, float(outcome.alarm))]),
        "images": ("Different images in the span.", [({}, float(found.images))]),
        "limit": ("Score above which a check raises an alarm.", [({}, found.limit)]),
        "score": (
            "How unusual a property is.",
            [({"check": one.name}, one.score) for one in found.findings],
        ),
        "estimated_recall": (
            "Recall of a class, estimated without labels.",
            [({"class": one.label}, one.now) for one in found.recalls],
        ),
        "recall": (
            "Recall of a class, by labels.",
            [({"class": one.result.label}, one.result.recall) for one in truth.classes]
            if truth
            else [],
        ),
        "shadow_pairs": (
            "Images with a prediction of the shadow, too.",
            [({"shadow": str(shadow.version)}, float(shadow.pairs))] if shadow else [],
        ),
        "shadow_agreement": (
            "Share of these with the same predicted class.",
            [({"shadow": str(shadow.version)}, shadow.agreement)]
            if shadow and shadow.pairs
            else [],
        ),
        "end_time_seconds": (
            "End of the span, Unix time.",
            [({}, found.settings.until.timestamp())],
        ),
    }
    lines = []
    for name, (text, values) in gauges.items():
        full = f"medtfx_monitor_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} gauge"] if values else []
        for labels, value in values:
            every = own | labels
            lines.append(f"{full}{braces(every, every.values())} {value!r}")
    return "\n".join(lines) + "\n"
