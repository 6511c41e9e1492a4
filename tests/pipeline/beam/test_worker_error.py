import pytest

from pipeline.beam.worker_error import worker_error

TRACEBACK = """Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1, in process
{first}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "steps.py", line 8, in process
    raise it
{last} [while running 'Read/ParDo(ReadImages)']
"""
JAVA = """org.apache.flink.runtime.client.JobExecutionException: Job execution failed.
\tat org.apache.flink.runtime.jobmaster.JobResult.toJobExecutionResult(JobResult.java:144)
Caused by: java.io.IOException: Insufficient number of network buffers: set network.fraction.
\t... 5 more
"""


def text(last: str, first: str = "KeyError: 'x'") -> str:
    return TRACEBACK.format(first=first, last=last)


def test_an_error_of_ours_is_its_sentence():
    ours = "components.runtime.errors.DataError: The folder is empty. Give another."
    assert worker_error(text(ours)) == "The folder is empty. Give another."


def test_any_other_keeps_its_class_and_the_step():
    found = worker_error(text("apache_beam.io.X: file system 's3' not implemented"))
    assert found == "X: file system 's3' not implemented (in Read/ParDo(ReadImages))"


@pytest.mark.parametrize("kind", ["components.runtime.no_such.Error", "components.nodes.FIRST"])
def test_what_only_looks_like_ours_is_another(kind):
    assert worker_error(text(f"{kind}: m")).startswith(f"{kind.rpartition('.')[2]}: m (in")


def test_a_traceback_within_a_line_of_the_engine():
    inside = "java.lang.RuntimeException: Error from SDK harness 3: " + text("ValueError: seven")
    assert worker_error(inside).startswith("ValueError: seven")


def test_the_advice_of_flink_is_kept():
    assert worker_error(JAVA) == (
        "java.io.IOException: Insufficient number of network buffers: set network.fraction."
    )


def test_a_sentence_of_the_engine():
    assert worker_error("worker lost\nmore") == "worker lost"


def test_no_text():
    assert worker_error(" \n") == "no reason was given"
