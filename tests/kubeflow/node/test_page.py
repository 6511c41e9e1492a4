import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.artifacts import AUDIT_PAGE, REPORT_PAGE
from kubeflow.node.page import copy_page
from kubeflow.package.container import PAGES
from pipeline.runs.records import NodeRecord
from pipeline.runs.runner import NodeRun

OUTPUTS = {"DataAudit": ("audit", AUDIT_PAGE), "RunReport": ("report", REPORT_PAGE)}


@pytest.mark.parametrize("node", PAGES)
def test_the_page_of_the_artifact_is_copied(node, tmp_path):
    output, name = OUTPUTS[node]
    (tmp_path / name).write_text("<!doctype html>é", encoding="utf-8")
    run = NodeRun(NodeRecord(node, False, 1.0), {output: [mlmd.Artifact(uri=str(tmp_path))]}, 7)
    copy_page(run, str(tmp_path / "outputs" / "page"))
    copied = (tmp_path / "outputs" / "page").read_text(encoding="utf-8")
    assert copied == "<!doctype html>é"
