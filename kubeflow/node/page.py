"""The web page of the audit or of the run, copied to where KFP collects it."""

from typing import TYPE_CHECKING

from components.artifacts import AUDIT_PAGE, REPORT_PAGE
from components.nodes import AUDIT, LAST
from components.storage.files import read_bytes
from kubeflow.node.task import write_output

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun

# Node → its output, and the page in it.
_PAGES = {AUDIT: ("audit", AUDIT_PAGE), LAST: ("report", REPORT_PAGE)}


def copy_page(run: "NodeRun", path: str) -> None:
    """Copies the page of a node's artifact.

    Args:
        run: of DataAudit or RunReport.
        path: where KFP collects it.
    """
    output, name = _PAGES[run.record.node]
    write_output(path, read_bytes(run.outputs[output][0].uri, name).decode())
