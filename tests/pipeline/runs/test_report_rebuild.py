"""What prevents it; tests/end_to_end/test_quickstart.py renders the report of a real run again."""

import pytest

from components.runtime.errors import MedtfxError
from pipeline.home import Home
from pipeline.runs.report_rebuild import render_again
from tests.pipeline.metadata_store import Store


def test_a_run_without_a_report_or_without_its_inputs(tmp_path):
    home = Home(tmp_path / "home")
    store = Store(tmp_path, home.metadata_connection())
    store.run("one")
    with pytest.raises(MedtfxError, match="Run one has no report"):
        render_again("one", home)
    evaluation = store.graph.run("one")["Evaluator"].outputs["evaluation"][0]
    store.node("one", "RunReport", {"evaluation": evaluation}, {})
    with pytest.raises(MedtfxError, match=f"'evaluation', which is gone: {evaluation.uri}"):
        render_again("one", home)
