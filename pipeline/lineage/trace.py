"""Traces a pushed version back to its images, its code and its recipe."""

import json
import re
from pathlib import Path
from typing import Any

from components.recipe.evaluation import EvaluationSection
from components.storage import object_storage as storage
from components.storage.files import is_remote, read_bytes
from pipeline.home import Home
from pipeline.lineage.model import Lineage, Step
from pipeline.looks.ledger import Look, LookLedger
from pipeline.metadata.graph import LineageError, MetadataGraph, NodeExecution, property_of, utc
from pipeline.paths import recipe_of
from pipeline.retraining.reasons import Reasons
from pipeline.runs.records import Gate, RunRecord, class_gates, load_all
from serving.promotion import journal
from serving.promotion.versions import list_versions

# The model of a comparison has no influence on the new one.
_NOT_FOLLOWED = ("baseline_model", "baseline_predictions")
_SOURCE = re.compile(r'source\\*": *\\*"([0-9a-f]{16})')
_RECIPE_SECTIONS = ("data", "model", "training", "serving")


def trace(home: Home, version: str, connection: Any = None) -> Lineage:
    """Returns the lineage of a version.

    Args:
        home: that it was pushed from.
        version: VERSION, MODEL/VERSION, or MODEL for its latest version.
        connection: of the ML Metadata that knows it, instead of the home's.

    Raises:
        LineageError: no such version has been pushed, or several models have it.
    """
    graph = MetadataGraph.at(connection) if connection else MetadataGraph.of_home(home)
    pushed = _find_pushed(graph, version)
    destination = str(property_of(pushed, "pushed_destination"))
    model, number = _name_of(pushed)
    steps = graph.ancestry(pushed, _NOT_FOLLOWED)
    nodes = {step.node: step for step in steps}
    needed = {"ImageExampleGen", "StatisticsGen", "Trainer", "Evaluator"} - nodes.keys()
    if needed:
        raise LineageError(
            f"ML Metadata does not know how {model}/{number} was made: there is no execution of "
            f"{', '.join(sorted(needed))}."
        )
    blessings = [step.outputs["blessing"][0] for step in steps if step.node == "ServingValidator"]
    trained = nodes["Trainer"].outputs["model"][0]
    evaluation = nodes["Evaluator"].outputs["evaluation"][0]
    recipe = _recipe(graph, nodes["Trainer"], evaluation)
    storage.prepare(trained.uri)
    made = _record(home, steps)
    return Lineage(
        model=model,
        version=number,
        state=_state(destination, number),
        destination=destination,
        pushed_at=utc(pushed.create_time_since_epoch),
        run=nodes["Pusher"].run,
        pipeline=recipe_of(nodes["Trainer"].pipeline),
        tfx_version=str(property_of(trained, "tfx_version")),
        data=_data(nodes),
        recipe=recipe,
        recipe_file=made.recipe_file if made else "",
        overrides=made.overrides if made else None,
        gates=_gates(evaluation.uri, recipe),
        validation=_validation(blessings),
        approvals=tuple(_approvals(graph, blessings)),
        promotions=tuple(_promotions(destination, number)),
        looks=_looks(evaluation.uri, {nodes["Trainer"].run, nodes["Evaluator"].run}),
        reasons=Reasons(_artifacts(evaluation.uri)).of(
            {nodes[node].run for node in ("Trainer", "Evaluator", "Pusher")}
        ),
        steps=tuple(_step(step) for step in steps),
        model_uri=trained.uri,
        examples_uri=nodes["ImageExampleGen"].outputs["examples"][0].uri,
        quarantine_uri=nodes["ImageExampleGen"].outputs["quarantine"][0].uri,
    )


def _find_pushed(graph: MetadataGraph, version: str) -> Any:
    """Returns the PushedModel that `version` names; of a model's name, the latest version."""
    pushed = [one for one in graph.artifacts("PushedModel") if property_of(one, "pushed") == 1]
    if of_model := [one for one in pushed if _name_of(one)[0] == version]:
        return max(of_model, key=lambda one: _name_of(one)[1])
    named = {"/".join(map(str, _name_of(one))): one for one in pushed}
    found = [name for name in named if version in (name, name.rpartition("/")[2])]
    if len(found) == 1:
        return named[found[0]]
    if found:
        raise LineageError(
            f"Several models have a version {version}: name one of {_listed(found)}."
        )
    raise LineageError(
        f"No version {version!r} has been pushed from here. Pushed: {_listed(named) or 'none'}."
    )


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


def _name_of(pushed: Any) -> tuple[str, int]:
    base, _, version = str(property_of(pushed, "pushed_destination")).rpartition("/")
    return base.rpartition("/")[2], int(version)


def _state(destination: str, version: int) -> str:
    if is_remote(destination):
        return "remote"
    folder = Path(destination).parent
    versions = list_versions(folder) if folder.is_dir() else None
    if versions and version in versions.served:
        return "served"
    return "withdrawn" if versions and version in versions.withdrawn else "deleted"


# === What it was made from ===


def _data(nodes: dict[str, NodeExecution]) -> dict[str, Any]:
    quarantine = nodes["ImageExampleGen"].outputs["quarantine"][0]
    classes = json.loads(nodes["ImageExampleGen"].properties["data"])["classes"]
    statistics = nodes["StatisticsGen"].outputs["statistics"][0]
    return {
        "folder": nodes["ImageExampleGen"].properties["input_base"],
        "fingerprint": property_of(quarantine, "data_fingerprint"),
        "images_read": property_of(quarantine, "images_read"),
        "images_unreadable": property_of(quarantine, "images_unreadable"),
        "images_taken_over": property_of(quarantine, "images_taken_over") or 0,
        "splits": _counts(statistics, classes),
    }


def _counts(statistics: Any, classes: list[str]) -> dict[str, dict[str, int]]:
    """Returns split → class → images, {} where the statistics are gone."""
    from tensorflow_metadata.proto.v0 import statistics_pb2

    counts: dict[str, dict[str, int]] = {}
    for split in json.loads(property_of(statistics, "split_names")):
        written = _read(statistics.uri, f"Split-{split}/FeatureStats.pb")
        if written is None:
            continue
        parsed = statistics_pb2.DatasetFeatureStatisticsList.FromString(written)
        (labels,) = (one for one in parsed.datasets[0].features if _is_label(one))
        found = {
            bucket.label: int(bucket.sample_count)
            for bucket in labels.string_stats.rank_histogram.buckets
        }
        counts[split] = {name: found.get(name, 0) for name in classes}
    return counts


def _read(uri: str, relative: str) -> bytes | None:
    """Returns a file of an artifact, None where it is gone."""
    try:
        return read_bytes(uri, relative)
    except FileNotFoundError:
        return None


def _is_label(feature: Any) -> bool:
    return "label" in (feature.name, *feature.path.step)


def _recipe(graph: MetadataGraph, trainer: NodeExecution, evaluation: Any) -> dict[str, Any]:
    """Returns the sections that the model was trained and evaluated with."""
    config = json.loads(trainer.properties["custom_config"])
    recipe = {section: config[section] for section in _RECIPE_SECTIONS if section in config}
    report = next((node for node in graph.readers(evaluation) if node.node == "RunReport"), None)
    if report is not None:
        recipe["evaluation"] = json.loads(report.properties["recipe"])["evaluation"]
    return recipe


def _record(home: Home, steps: list[NodeExecution]) -> RunRecord | None:
    """Returns the record of the latest run that contributed to the version; None if it is gone."""
    records = {record.run_id: record for record in load_all(home)}
    return next((records[step.run] for step in reversed(steps) if step.run in records), None)


def _step(execution: NodeExecution) -> Step:
    sources = (
        found
        for name, value in execution.properties.items()
        if isinstance(value, str)
        for found in ([value] if name == "source" else _SOURCE.findall(value))
    )
    outputs = {key: artifacts[0].uri for key, artifacts in execution.outputs.items()}
    return Step(execution.node, execution.run, execution.at, next(sources, ""), outputs)


# === Its results, and who approved it ===


def _gates(uri: str, recipe: dict[str, Any]) -> tuple[Gate, ...]:
    import tensorflow as tf

    from components.gate.results import load_results

    if not tf.io.gfile.isdir(uri):
        return ()
    section = recipe.get("evaluation")
    evaluation = EvaluationSection.model_validate(section) if section else None
    return tuple(class_gates(load_results(uri, tuple(recipe["data"]["classes"])), evaluation))


def _validation(blessings: list[Any]) -> dict[str, Any]:
    for blessing in blessings:
        if (written := _read(blessing.uri, "validation.json")) is not None:
            found: dict[str, Any] = json.loads(written)
            return found
    return {}


def _approvals(graph: MetadataGraph, blessings: list[Any]) -> list[dict[str, Any]]:
    ids = {blessing.id for blessing in blessings}
    return [
        {
            "approved": bool(property_of(approval, "approved")),
            **{name: property_of(approval, name) for name in ("by", "at", "note")},
        }
        for approval in graph.artifacts("Approval")
        if property_of(approval, "infra_blessing_id") in ids
    ]


def _looks(evaluation_uri: str, runs: set[str]) -> tuple[Look, ...]:
    """Returns the looks at the images that judged the model.

    Args:
        evaluation_uri: the ledger lies above the artifacts.
        runs: that trained and judged it: two where the one was stopped.
    """
    ledger = LookLedger(_artifacts(evaluation_uri))
    of_runs = [look for look in ledger.read() if look.run in runs]
    return tuple(ledger.at(of_runs[-1].fingerprint)) if of_runs else ()


def _artifacts(evaluation_uri: str) -> str:
    """Returns `<artifacts>` of `<artifacts>/<pipeline>/<node>/<output>/<execution>`."""
    return evaluation_uri.rsplit("/", 4)[0]


def _promotions(destination: str, version: int) -> list[journal.Entry]:
    entries = [] if is_remote(destination) else journal.read(Path(destination).parent)
    return [entry for entry in entries if version in (entry.before, entry.after)]
