"""What was found, for programs: one JSON object."""

import json
from dataclasses import asdict, replace

from components.gate.pushed_gate import without_nan
from pipeline.monitor.labels.export import Exported
from pipeline.monitor.outputs.outcome import Outcome


def to_json(outcome: Outcome, exported: Exported | None = None) -> str:
    """Returns one JSON object; numbers that are not defined are null."""
    found, truth, shadow = outcome.found, outcome.truth, outcome.shadow
    settings = asdict(found.settings)
    values = asdict(replace(found, checks=()))
    del values["settings"], values["checks"]
    values |= {
        "model": outcome.model,
        "version": outcome.version,
        "since": settings["since"].isoformat(),
        "until": settings["until"].isoformat(),
        "false_alarms_a_year": settings["false_alarms"],
        "skipped": settings["skipped"],
        "alarm": outcome.alarm,
        "sentence": outcome.sentence,
        "repeated": found.repeated,
        "truth": None if truth is None else asdict(truth),
        "shadow": None if shadow is None else asdict(shadow),
        "exported": None if exported is None else exported.plain(),
    }
    return json.dumps(without_nan(values), ensure_ascii=False, indent=2)
