"""What was found, for programs: JSON, and the text format of Prometheus."""

import json
from dataclasses import asdict, replace
from typing import Any

from components.gate.pushed_gate import without_nan
from pipeline.monitor import words
from pipeline.monitor.export import Exported
from pipeline.monitor.monitoring import Monitored
from pipeline.monitor.shadow import Shadowed
from pipeline.monitor.truth import Truth


def to_json(
    model: str,
    version: int,
    found: Monitored,
    truth: Truth | None,
    shadow: Shadowed | None = None,
    exported: Exported | None = None,
) -> str:
    """Returns one JSON object; numbers that are not defined are null."""
    settings = asdict(found.settings)
    values = asdict(replace(found, checks=()))
    del values["settings"], values["checks"]
    values |= {
        "model": model,
        "version": version,
        "since": settings["since"].isoformat(),
        "until": settings["until"].isoformat(),
        "false_alarms_a_year": settings["false_alarms"],
        "skipped": settings["skipped"],
        "alarm": bool(found.alarms) or bool(truth and truth.below),
        "sentence": words.sentence(found, truth),
        "repeated": found.repeated,
        "truth": None if truth is None else asdict(truth),
        "shadow": None if shadow is None else asdict(shadow),
        "exported": None if exported is None else exported.plain(),
    }
    return json.dumps(without_nan(values), ensure_ascii=False, indent=2)


def to_prometheus(
    model: str,
    version: int,
    found: Monitored,
    truth: Truth | None,
    shadow: Shadowed | None = None,
) -> str:
    """Returns gauges in the text format, for the textfile collector of node_exporter."""
    own = {"model": model, "version": str(version)}
    alarm = float(bool(found.alarms) or bool(truth and truth.below))
    gauges: dict[str, tuple[str, list[tuple[dict[str, str], float]]]] = {
        "alarm": ("1 if the monitor raised an alarm.", [({}, alarm)]),
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
        lines += [f"{full}{_labels(own | labels)} {value!r}" for labels, value in values]
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, Any]) -> str:
    quoted = (
        value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for value in labels.values()
    )
    return "{" + ",".join(f'{n}="{v}"' for n, v in zip(labels, quoted, strict=True)) + "}"
