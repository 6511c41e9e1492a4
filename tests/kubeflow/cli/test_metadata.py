from tests.command_line import assert_one_message, medtfx
from tests.doubles.databases import free_port


def test_it_makes_the_tables_and_counts_the_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDTFX_MLMD", f"sqlite:///{tmp_path}/metadata.sqlite")
    for _ in range(2):
        code, out, err = medtfx("kubeflow", "metadata")
        assert (code, err) == (0, "")
        assert out.endswith("answers. Pipeline runs: 0.\n")
    assert (tmp_path / "metadata.sqlite").stat().st_size > 0


def test_a_store_that_does_not_answer_is_one_message(monkeypatch):
    port = free_port()
    monkeypatch.setenv("MEDTFX_MLMD", f"grpc://127.0.0.1:{port}")
    assert_one_message(medtfx("kubeflow", "metadata"), f"127.0.0.1:{port}", "can't be used")
