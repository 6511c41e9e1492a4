"""AuditGate: stops the run after the audit was stored.

TFX keeps no artifact of a node that fails. So DataAudit itself always succeeds, with its report in
ML Metadata, and only this node stops the run.
"""

import json
import os
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types import standard_artifacts

from components.artifacts import AUDIT_JSON, AUDIT_PAGE, Audit
from components.runtime.errors import MedtfxError

_NAMED = 3  # files in the sentence


class AuditError(MedtfxError):
    """A finding of the data audit stops the run, as the recipe says."""


def check(audit: dict[str, Any], page: str) -> None:
    """Raises if a finding of the audit stops the run.

    Args:
        audit: content of `audit.json`.
        page: address of the report.

    Raises:
        AuditError: names the findings, the first files and the remedy.
    """
    stops = [finding for finding in audit["findings"] if finding["severity"] == "stop"]
    if not stops:
        return
    sentences = " ".join(_sentence(finding) for finding in stops)
    accept = " ".join(f"--set audit.{finding['check']}=report" for finding in stops)
    raise AuditError(
        f"The data audit stops the run before training: {sentences} To continue anyway: "
        f"{accept}. All cases with their images: {page}"
    )


def _sentence(finding: dict[str, Any]) -> str:
    first = finding["examples"][0]
    files = [name for example in finding["examples"][:1] for name in example["files"][:_NAMED]]
    named = f", for example {' = '.join(files)} ({first['reason']})" if files else ""
    return f"{finding['sentence']}{named}. {finding['remedy']}."


@component(use_beam=False)
def AuditGate(  # noqa: N802 - TFX names a node after its function
    audit: InputArtifact[Audit],
    verdict: OutputArtifact[standard_artifacts.String],
    source: Parameter[str],
) -> None:
    """Stops the run if the audit has a finding with severity `stop`.

    In a pipeline:

        gate = AuditGate(audit=audit.outputs["audit"], source=source)
        trainer.add_upstream_node(gate)

    Args:
        audit: of DataAudit.
        verdict: the audit in one line.
        source: digest of the code behind the node.

    Raises:
        AuditError: a finding stops the run.
    """
    del source
    with fileio.open(os.path.join(audit.uri, AUDIT_JSON), "r") as file:
        found = json.loads(file.read())
    check(found, os.path.join(audit.uri, AUDIT_PAGE))
    verdict.write(found["summary"])
