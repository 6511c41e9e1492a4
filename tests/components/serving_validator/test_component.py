"""The node and TFX's own Pusher, by TFX's launcher and a real ML Metadata store."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import tensorflow as tf

from components.gate.evaluation_files import _messages
from components.gate.metric_names import metric_name
from components.gate.pushed_gate import read_gate
from components.gate.pushed_reference import read_reference
from components.recipe.evaluation import EvaluationSection
from components.saved_model.reference_predictions import save_predictions
from tests.components.serving_validator.conftest import section

RULES = EvaluationSection.model_validate({"recall_floor": 0.5, "slices": ["site"]})
# Crashes as long as a file is there; then it is the real server.
ADDS_A_FILE = """
import pathlib, sys
(pathlib.Path(sys.argv[1]) / "tiny/1/extra.so").touch()
from serving.embedded.__main__ import main
main()
"""
CRASHES_AT_FIRST = """
import os, pathlib
if pathlib.Path({flag!r}).exists():
    os.write(2, b"out of luck")
    os.abort()
from serving.embedded.__main__ import main
main()
"""


@dataclass
class Outcome:
    """What a run left: the verdict, node → cached, and the pushed versions."""

    verdict: dict
    reason: str
    cached: dict[str, bool]
    versions: list[Path]
    blessing: Path


@pytest.fixture
def artifacts(tmp_path, images, trained, make_exporter, write_split):
    """What the nodes before have made."""
    make_exporter().save(str(tmp_path / "model" / "Format-Serving"), {"recipe": "test"})
    (tmp_path / "run").mkdir()
    save_predictions(trained, str(tmp_path / "run"))
    for split in ("eval", "test"):
        write_split(tmp_path / "examples" / f"Split-{split}", images)
    (tmp_path / "gate").mkdir()
    write_evaluation(tmp_path / "evaluation", ("dark", "bright"))
    return tmp_path


def write_evaluation(folder, labels):
    """Writes what the Evaluator of TFMA would: 9 of 10 images of each class are right."""
    metrics, validation = _messages()
    found = metrics.MetricsForSlice()

    def add(name, class_id=None):
        item = found.metric_keys_and_values.add()
        item.key.name = name
        if class_id is not None:
            item.key.sub_key.class_id.value = class_id
        return item.value

    matrix = add("confusion_matrix").multi_class_confusion_matrix_at_thresholds.matrices.add()
    for truth, predicted, images in ((0, 0, 9), (0, 1, 1), (1, 1, 9), (1, 0, 1)):
        matrix.entries.add(
            actual_class_id=truth, predicted_class_id=predicted, num_weighted_examples=images
        )
    bounds = [f"{what}_{end}" for what in ("recall", "specificity") for end in ("low", "high")]
    for index, label in enumerate(labels):
        add("auc", index).double_value.value = 0.95
        values = dict(zip(("patients", *bounds), (10, 0.6, 0.98, 0.6, 0.98), strict=True))
        values |= dict.fromkeys(("baseline", "change", "change_low"), math.nan)  # no model before
        for quantity, value in values.items():
            add(metric_name(quantity, label)).double_value.value = value
    folder.mkdir()
    messages = {"metrics": found, "validations": validation.ValidationResult(validation_ok=True)}
    for name, message in messages.items():
        with tf.io.TFRecordWriter(str(folder / f"{name}-00000-of-00001.tfrecord")) as writer:
            writer.write(message.SerializeToString())


@pytest.fixture
def run(artifacts):
    """Returns a function that runs the node and the Pusher on these artifacts."""
    from tfx import v1 as tfx
    from tfx.dsl.compiler import compiler

    from components.pusher.component import Pusher
    from components.serving_validator.component import ServingValidator
    from pipeline.home import Home
    from pipeline.runs.runner import ProgressRunner

    home = Home(artifacts / "home")
    home.root.mkdir()
    types = tfx.types.standard_artifacts

    def imported(name, kind, uri, **properties):
        node = tfx.dsl.Importer(str(artifacts / uri), kind, **properties).with_id(name)
        return node, node.outputs["result"]

    def pipeline(server, blessed):
        model_node, model = imported("Model", types.Model, "model")
        run_node, model_run = imported("Run", types.ModelRun, "run")
        # The model is the first artifact of the home, since the others wait for it.
        verdict = {"blessed": blessed, "current_model_id": 1}
        gate_node, gate = imported("Gate", types.ModelBlessing, "gate", custom_properties=verdict)
        evaluation_node, evaluation = imported("Evaluation", types.ModelEvaluation, "evaluation")
        examples_node, examples = imported(
            "Examples",
            types.Examples,
            "examples",
            properties={"split_names": json.dumps(["eval", "test"])},
        )
        others = [run_node, gate_node, evaluation_node, examples_node]
        for node in others:
            node.add_upstream_node(model_node)
        validator = ServingValidator(
            model=model,
            model_run=model_run,
            model_blessing=gate,
            evaluation=evaluation,
            examples=examples,
            rules=RULES,
            data=section(),
            model_name="tiny",
            largest_batch=4,
            mixed_precision=False,
            server=server,
            source="0123456789abcdef",
        )
        pusher = Pusher(
            model_blessing=gate,
            infra_blessing=validator.outputs["blessing"],
            push_destination=tfx.proto.PushDestination(
                filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(home.models))
            ),
        )
        return tfx.dsl.Pipeline(
            pipeline_name="test",
            pipeline_root=str(home.artifacts),
            components=[model_node, *others, validator, pusher],
            enable_cache=True,
            metadata_connection_config=home.metadata_connection(),
        )

    def go(run_id, server="serving.embedded", blessed=1) -> Outcome:
        runner = ProgressRunner(run_id, Silent())
        runner.run_with_ir(compiler.Compiler().compile(pipeline(server, blessed)))
        runs = {node.record.node: node for node in runner.node_runs}
        (blessing,) = runs["ServingValidator"].outputs["blessing"]
        uri = Path(blessing.uri)
        return Outcome(
            verdict=json.loads((uri / "validation.json").read_text()),
            reason=blessing.custom_properties["reason"].string_value,
            cached={name: node.record.cached for name, node in runs.items()},
            versions=sorted(home.models.glob("*")),
            blessing=uri,
        )

    return go


class Silent:
    def node_started(self, node, number, total):
        pass

    def node_finished(self, run):
        pass


def test_a_model_that_the_gate_did_not_bless_is_not_tried(run, write_server):
    outcome = run("one", server=write_server("raise SystemExit('it was tried')"), blessed=0)
    assert outcome.reason == "the gate did not bless the model, so it was not tried"
    assert outcome.verdict["seconds"] == 0.0 and not outcome.versions


def test_a_refusal_is_final_with_the_reason_and_nothing_is_pushed(run, artifacts, trained):
    other = {name: values[::-1] for name, values in trained.by_file.items()}
    save_predictions(replace(trained, by_file=other), str(artifacts / "run"))
    outcome = run("one")
    assert outcome.reason.startswith("the served model does not predict as the network did")
    assert outcome.verdict["reason"] == outcome.reason and outcome.verdict["conclusive"]
    assert (outcome.blessing / "INFRA_NOT_BLESSED").is_file()
    assert not (outcome.blessing / "stamped_model").exists()
    assert outcome.versions == []
    assert run("two").cached["ServingValidator"]


def test_a_model_that_changes_before_it_is_served_is_refused_with_the_file(run, write_server):
    outcome = run("one", write_server(ADDS_A_FILE))
    assert "extra.so was added" in outcome.reason and outcome.versions == []


def test_a_crash_is_tried_again_and_a_good_model_is_pushed_and_then_cached(
    run, artifacts, write_server, tmp_path
):
    flag = tmp_path / "crash"
    flag.touch()
    server = write_server(CRASHES_AT_FIRST.format(flag=str(flag)))
    outcome = run("one", server)
    assert outcome.reason == (
        "the model server was ended by SIGABRT while it loaded the model; the next run tries again"
    )
    assert "out of luck" in (outcome.blessing / "server.log").read_text()
    assert not outcome.verdict["conclusive"] and outcome.versions == []
    # === A good model ===
    flag.unlink()
    outcome = run("two", server)
    assert not outcome.cached["ServingValidator"]
    assert outcome.verdict["blessed"] and outcome.reason == ""
    assert outcome.verdict["images_compared"] == 6 and outcome.verdict["images_asked"] == 6
    assert outcome.verdict["largest_difference"] < 1e-5
    assert (outcome.blessing / "INFRA_BLESSED").is_file()
    (version,) = outcome.versions
    pushed = {path.relative_to(version) for path in version.rglob("*") if path.is_file()}
    exported = artifacts / "model" / "Format-Serving"
    before = {path.relative_to(exported) for path in exported.rglob("*") if path.is_file()}
    added = ("tf_serving_warmup_requests", "manifest.json", "gate.json", "reference.parquet")
    assert pushed - before == {Path("assets.extra", name) for name in added}
    assert before <= pushed
    gate = read_gate(version)
    assert gate.evaluation == RULES
    assert [(one.label, one.hits, one.cases, one.low) for one in gate.classes] == [
        ("dark", 9, 10, 0.6),
        ("bright", 9, 10, 0.6),
    ]
    reference = read_reference(version)
    assert (reference.classes, reference.folds) == (("dark", "bright"), False)
    assert sorted(reference.labels) == [0, 0, 0, 1, 1, 1]
    again = run("three", server)
    assert again.cached["ServingValidator"] and again.cached["Pusher"]
    assert again.versions == outcome.versions
