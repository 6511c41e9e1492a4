"""Writes a decision down, with what it was based on."""

import json
import os
from dataclasses import asdict
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.approval.artifacts import DECISION_FILE
from components.gate.results import load_results

_SAID = ("by", "note", "at", "run", "data_fingerprint")


class Executor(base_executor.BaseExecutor):
    """Fills the Approval."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the properties, and all that the evaluation says of each class to the file."""
        approval = artifact_utils.get_single_instance(output_dict["approval"])
        classes = tuple(json.loads(exec_properties["classes"]))
        results = load_results(artifact_utils.get_single_uri(input_dict["evaluation"]), classes)
        recalls = {found.label: [found.recall, found.low] for found in results.classes}
        approval.approved = exec_properties["approved"]
        for name in _SAID:
            setattr(approval, name, exec_properties[name])
        approval.model_id = artifact_utils.get_single_instance(input_dict["model"]).id
        approval.infra_blessing_id = artifact_utils.get_single_instance(
            input_dict["infra_blessing"]
        ).id
        approval.recalls = json.dumps(recalls)
        written = {
            "approved": bool(approval.approved),
            **{name: exec_properties[name] for name in _SAID},
            "model_id": approval.model_id,
            "infra_blessing_id": approval.infra_blessing_id,
            "classes": [asdict(found) for found in results.classes],
        }
        io_utils.write_string_file(
            os.path.join(approval.uri, DECISION_FILE),
            json.dumps(written, indent=2, ensure_ascii=False),
        )
