import pytest

from pipeline import beam
from pipeline.beam import BEAM_ARGS, BeamError, beam_args


def test_this_process_by_default():
    assert beam_args([]) == BEAM_ARGS


def test_what_is_given_without_a_runner_goes_to_this_machine_s():
    given = "--direct_num_workers=4"
    assert beam_args([given]) == (given, "--sdk_container_image=none")


def test_another_runner_gets_its_own_options_alone():
    given = ("--runner=PortableRunner", "--job_endpoint=flink:8099")
    assert beam_args(given) == given


@pytest.mark.parametrize("option", ["runner=FlinkRunner", "--", "Flink"])
def test_an_option_is_one_word_with_two_dashes(option):
    with pytest.raises(BeamError, match=f"--beam-arg=--runner=.*Received: '{option}'"):
        beam_args([option])


def test_an_unknown_runner_is_refused():
    with pytest.raises(BeamError, match=r"no runner 'FlinkRuner'.*FlinkRunner"):
        beam_args(["--runner=FlinkRuner"])


def test_a_runner_that_needs_java_says_so(monkeypatch):
    monkeypatch.setattr(beam.shutil, "which", lambda name: None)
    with pytest.raises(BeamError, match=r"Java.*PortableRunner.*--job_endpoint"):
        beam_args(["--runner=FlinkRunner"])
