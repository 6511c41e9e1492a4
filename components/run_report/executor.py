"""From the artifacts to the page, and the page into its artifact."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.artifacts import PREDICTIONS_FILE, REPORT_PAGE, SIGNED
from components.gate.predictions import to_csv
from components.gate.serving_blessing import REASON
from components.run_report.content import Outcome
from components.run_report.page import render_page
from components.run_report.read import Sources, read_content


class Executor(base_executor.BaseExecutor):
    """Runs the model on the test split and writes the report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `report`."""
        inputs = {
            key: [artifact.mlmd_artifact for artifact in artifacts]
            for key, artifacts in input_dict.items()
        }
        write_report(
            sources_of(inputs, exec_properties),
            artifact_utils.get_single_uri(output_dict["report"]),
        )


def write_report(sources: Sources, folder: str) -> None:
    """Writes the page and the predictions into a folder."""
    content = read_content(sources)
    with fileio.open(os.path.join(folder, REPORT_PAGE), "wb") as file:
        # File names may hold bytes that are no text.
        file.write(render_page(content).encode(errors="replace"))
    with fileio.open(os.path.join(folder, PREDICTIONS_FILE), "wb") as file:
        file.write(to_csv(content.predictions).encode(errors="surrogateescape"))


def sources_of(inputs: Mapping[str, Sequence[Any]], properties: Mapping[str, Any]) -> Sources:
    """Returns where the report reads from.

    Args:
        inputs: key → artifacts, as ML Metadata holds them.
        properties: of the execution.
    """
    found = {key: artifacts[0] for key, artifacts in inputs.items() if artifacts}
    pushed = found["pushed_model"].custom_properties
    version = pushed["pushed_version"].string_value
    return Sources(
        recipe=json.loads(properties["recipe"]),
        model_name=properties["model_name"],
        code=properties["code"],
        examples=found["examples"].uri,
        out_of_fold=found["out_of_fold"].uri if "out_of_fold" in found else "",
        statistics=found["statistics"].uri,
        quarantine=found["quarantine"].uri,
        audit=found["audit"].uri,
        fingerprint=found["quarantine"].properties["data_fingerprint"].string_value,
        model=found["model"].uri,
        model_run=found["model_run"].uri,
        evaluation=found["evaluation"].uri,
        outcome=Outcome(
            int(version) if pushed["pushed"].int_value else None,
            found["infra_blessing"].custom_properties[REASON].string_value,
            bool(pushed[SIGNED].int_value),
        ),
    )
