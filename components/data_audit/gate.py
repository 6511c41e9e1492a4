"""AuditGate: stops the run after the audit has been kept.

A node that fails leaves no artifact behind. So the audit itself always succeeds, its report can be
read and is in ML Metadata, and this step, which does nothing else, lets the run go on or not.
"""

import json
import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.data_audit.artifacts import JSON_FILE, PAGE_FILE, Audit
from components.runtime.errors import MedtfxError
from components.runtime.source_hash import source_hash

_NAMED = 3  # files in the sentence


class AuditError(MedtfxError):
    """The data are such that the recipe does not let a model be trained on them."""


def check(audit: dict[str, Any], page: str) -> None:
    """Raises if a finding of the audit stops the run.

    Args:
        audit: content of `audit.json`.
        page: address of the report.

    Raises:
        AuditError: says what, how many, which files and the way out.
    """
    stops = [finding for finding in audit["findings"] if finding["severity"] == "stop"]
    if not stops:
        return
    sentences = " ".join(_sentence(finding) for finding in stops)
    accept = " ".join(f"--set audit.{finding['check']}=report" for finding in stops)
    raise AuditError(
        f"The data audit stops the run before training: {sentences} To go on all the same: "
        f"{accept}. All cases with their images: {page}"
    )


def _sentence(finding: dict[str, Any]) -> str:
    first = finding["examples"][0]
    files = [name for example in finding["examples"][:1] for name in example["files"][:_NAMED]]
    named = f", for example {' = '.join(files)} ({first['reason']})" if files else ""
    return f"{finding['sentence']}{named}. {finding['way_out']}."


class Executor(base_executor.BaseExecutor):
    """Reads the audit, and raises or says that all is well."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `verdict`.

        Raises:
            AuditError: a finding stops the run.
        """
        folder = artifact_utils.get_single_uri(input_dict["audit"])
        with fileio.open(os.path.join(folder, JSON_FILE), "r") as file:
            audit = json.loads(file.read())
        check(audit, os.path.join(folder, PAGE_FILE))
        artifact_utils.get_single_instance(output_dict["verdict"]).write(audit["summary"])


class AuditGateSpec(types.ComponentSpec):
    """Channels and parameters of `AuditGate`."""

    PARAMETERS = {"source": ExecutionParameter(type=str)}
    INPUTS = {"audit": ChannelParameter(type=Audit)}
    OUTPUTS = {"verdict": ChannelParameter(type=standard_artifacts.String)}


class AuditGate(base_component.BaseComponent):
    """Lets the run go on if no finding of the audit stops it.

    In a pipeline:

        gate = AuditGate(audit.outputs["audit"])
        trainer.add_upstream_node(gate)

    Outputs:
        verdict: the audit in one line.
    """

    SPEC_CLASS = AuditGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, audit: types.BaseChannel):
        """Builds the node from the audit's channel."""
        super().__init__(
            spec=AuditGateSpec(
                audit=audit,
                source=source_hash("components.data_audit.gate"),
                verdict=types.Channel(type=standard_artifacts.String),
            )
        )
