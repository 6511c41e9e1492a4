"""The executor: from artifacts to the validation, and from its verdict to the blessing."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifacts import OUT_OF_FOLD
from components.gate.pushed_gate import PushedGate, write_gate
from components.gate.pushed_reference import Reference, write_reference
from components.gate.results import load_results
from components.gate.serving_blessing import NOT_TRIED, publish
from components.gate.validated_copy import check_unchanged, local_copy
from components.recipe.evaluation import EvaluationSection
from components.saved_model.manifest import write_manifest
from components.saved_model.reference_predictions import load_predictions
from components.serving_validator.checks import FLOAT32_TOLERANCE, MIXED_PRECISION_TOLERANCE
from components.serving_validator.judged import judged_predictions
from components.serving_validator.samples import few_of_each_class, find_by_name
from components.serving_validator.validate import ServerSettings, ValidationData, validate
from components.serving_validator.warmup import write_warmup
from components.storage.split_files import split_files

_TEST_IMAGES = 12  # of all classes; one of each class at least


class Executor(base_executor.BaseExecutor):
    """Serves the candidate, tests it, and blesses it or gives the reason why not."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `blessing`. A model that fails a check is not an error of this node."""
        model = artifact_utils.get_single_instance(input_dict["model"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        gate = artifact_utils.get_single_instance(input_dict["model_blessing"])
        if not model_utils.is_model_blessed(gate):
            publish(NOT_TRIED, blessing, model, saved_model="", files={}, log="")
            return
        data = _validation_data(input_dict, exec_properties)
        name = exec_properties["model_name"]
        settings = ServerSettings(
            exec_properties["server"],
            exec_properties["load_seconds"],
            exec_properties["request_seconds"],
        )
        with tempfile.TemporaryDirectory() as folder:
            models, workplace = Path(folder, "models"), Path(folder, "server")
            workplace.mkdir()
            # A copy: the server needs a version folder on a local disk, and files are added to it.
            # The server replays the warm-up file, so it is tested too.
            candidate = str(models / name / "1")
            io_utils.copy_dir(path_utils.serving_model_path(model.uri), candidate)
            size, batch = exec_properties["image_size"], exec_properties["largest_batch"]
            write_warmup(candidate, name, size, batch)
            write_gate(Path(candidate), _gate(input_dict, exec_properties))
            files = write_manifest(Path(candidate))
            verdict, log = validate(models, name, data, settings, workplace)
            if verdict.blessed:  # only now: another model may not load here either
                check_unchanged(Path(candidate), files, "the ServingValidator tested")
                write_reference(Path(candidate), _judged(candidate, input_dict, exec_properties))
                files = write_manifest(Path(candidate))
            publish(verdict, blessing, model, candidate, files, log)
        if verdict.blessed:
            with local_copy(blessing) as copy:
                check_unchanged(copy, files, "the ServingValidator tested")


def _validation_data(
    input_dict: dict[str, list[types.Artifact]], exec_properties: dict[str, Any]
) -> ValidationData:
    classes = json.loads(exec_properties["classes"])
    of_each = max(1, _TEST_IMAGES // len(classes))
    mixed = exec_properties["mixed_precision"]
    reference = load_predictions(artifact_utils.get_single_uri(input_dict["model_run"]))
    examples = input_dict["examples"]
    return ValidationData(
        classes=tuple(classes),
        images=few_of_each_class(split_files(examples, "test"), len(classes), of_each),
        reference=reference,
        encoded=find_by_name(split_files(examples, "eval"), set(reference.by_file)),
        tolerance=MIXED_PRECISION_TOLERANCE if mixed else FLOAT32_TOLERANCE,
    )


def _judged(
    candidate: str, input_dict: dict[str, list[types.Artifact]], exec_properties: dict[str, Any]
) -> Reference:
    folds = input_dict.get("out_of_fold", [])
    return judged_predictions(
        Path(candidate),
        tuple(json.loads(exec_properties["classes"])),
        test=split_files(input_dict["examples"], "test"),
        out_of_fold=split_files(folds, OUT_OF_FOLD) if folds else [],
    )


def _gate(
    input_dict: dict[str, list[types.Artifact]], exec_properties: dict[str, Any]
) -> PushedGate:
    classes = tuple(json.loads(exec_properties["classes"]))
    results = load_results(artifact_utils.get_single_uri(input_dict["evaluation"]), classes)
    section = EvaluationSection.model_validate_json(exec_properties["rules"])
    return PushedGate(section, results.classes)
