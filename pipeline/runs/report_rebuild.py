"""Renders the report of a past run again, from its artifacts."""

import tempfile
from pathlib import Path

from tfx.dsl.io import fileio

from components.artifacts import REPORT_PAGE
from components.run_report.executor import sources_of, write_report
from components.runtime.errors import MedtfxError
from pipeline.home import Home
from pipeline.metadata.graph import MetadataGraph

_NODE = "RunReport"


def render_again(run_id: str, home: Home) -> str:
    """Returns the page of the run's node, rendered by the installed version of medtfx.

    Raises:
        MedtfxError: the run has no such node, or its inputs are gone.
    """
    node = MetadataGraph.of_home(home).run(run_id).get(_NODE)
    if node is None:
        raise MedtfxError(
            f"Run {run_id} has no report: ML Metadata knows no node {_NODE} of it. Run the recipe "
            "again; what has not changed comes from the cache."
        )
    for key, artifacts in node.inputs.items():
        if not fileio.exists(artifacts[0].uri):
            raise MedtfxError(
                f"The report needs the artifact {key!r}, which is gone: {artifacts[0].uri}. Run "
                "the recipe again."
            )
    with tempfile.TemporaryDirectory() as folder:
        write_report(sources_of(node.inputs, node.properties), folder)
        return Path(folder, REPORT_PAGE).read_text(encoding="utf-8")
