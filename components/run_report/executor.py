"""Brings the artifacts to the page, and the page to its artifact."""

import json
import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.run_report.artifacts import PAGE_FILE, PREDICTIONS_FILE
from components.run_report.content import Outcome
from components.run_report.page import render_page
from components.run_report.predictions import to_csv
from components.run_report.read import Sources, read_content
from components.serving_validator.blessing import REASON

_HISTORY_FILE = "history.json"  # not imported from `run_fn`, which takes seconds to import

Artifacts = dict[str, list[types.Artifact]]


class Executor(base_executor.BaseExecutor):
    """Asks the model about the test split and writes the report."""

    def Do(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fills `report`."""
        write_report(
            sources_of(input_dict, exec_properties),
            artifact_utils.get_single_uri(output_dict["report"]),
        )


def write_report(sources: Sources, folder: str) -> None:
    """Writes the page and the predictions into a folder."""
    content = read_content(sources)
    with fileio.open(os.path.join(folder, PAGE_FILE), "wb") as file:
        # File names may hold bytes that are no text.
        file.write(render_page(content).encode(errors="replace"))
    with fileio.open(os.path.join(folder, PREDICTIONS_FILE), "wb") as file:
        file.write(to_csv(content.predictions).encode(errors="surrogateescape"))


def sources_of(input_dict: Artifacts, exec_properties: dict[str, Any]) -> Sources:
    """Returns what the report is drawn from."""
    pushed = artifact_utils.get_single_instance(input_dict["pushed_model"])
    infra = artifact_utils.get_single_instance(input_dict["infra_blessing"])
    quarantine = artifact_utils.get_single_instance(input_dict["quarantine"])
    version = pushed.get_string_custom_property("pushed_version")
    return Sources(
        recipe=json.loads(exec_properties["recipe"]),
        model_name=exec_properties["model_name"],
        code=exec_properties["source"],
        examples=artifact_utils.get_split_uri(input_dict["examples"], "test"),
        statistics=artifact_utils.get_single_uri(input_dict["statistics"]),
        quarantine=quarantine.uri,
        fingerprint=quarantine.data_fingerprint,
        model=artifact_utils.get_single_uri(input_dict["model"]),
        history=os.path.join(artifact_utils.get_single_uri(input_dict["model_run"]), _HISTORY_FILE),
        evaluation=artifact_utils.get_single_uri(input_dict["evaluation"]),
        outcome=Outcome(
            int(version) if pushed.get_int_custom_property("pushed") else None,
            infra.get_string_custom_property(REASON),
        ),
    )
