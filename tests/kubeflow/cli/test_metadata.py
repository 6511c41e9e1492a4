import pytest
from typer.testing import CliRunner

from kubeflow.cli.main import app
from pipeline.metadata.connection import MetadataError, count_runs
from tests.doubles.databases import free_port


def test_it_makes_the_tables_and_counts_the_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTFX_MLMD", f"sqlite:///{tmp_path}/metadata.sqlite")
    for _ in range(2):
        done = CliRunner().invoke(app, ["metadata"])
        assert done.exit_code == 0, done.output
        assert done.output.endswith("answers. Pipeline runs: 0.\n")
    assert (tmp_path / "metadata.sqlite").stat().st_size > 0


def test_nobody_there_is_a_sentence():
    port = free_port()
    with pytest.raises(MetadataError, match=rf"127\.0\.0\.1:{port}.* can't be used"):
        count_runs(f"grpc://127.0.0.1:{port}")
