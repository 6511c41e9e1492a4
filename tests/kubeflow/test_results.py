import pytest

from components.runtime.exit_codes import ExitCode
from kubeflow.results import (
    OUTCOMES,
    Result,
    exit_code_of,
    read_error,
    read_results,
    result_line,
)

STAMP = "2026-11-28 05:37:40,123"


def test_what_is_logged_is_read_back():
    lines = [f"{STAMP} {result_line(result, f'of {result.name}: x')}" for result in Result]
    assert read_results("\n".join(lines)) == {one: f"of {one.name}: x" for one in Result}


def test_the_last_line_with_a_title_counts_and_other_lines_do_not():
    log = f"{STAMP} Verdict: first\nVerdict: not ours\n{STAMP} says Verdict: no\n"
    assert read_results(f"{log}{STAMP} Verdict: last\r\n") == {Result.VERDICT: "last"}
    assert result_line(Result.VERDICT, "two\n lines") == "Verdict: two lines"


def test_the_sentence_of_a_failure_or_the_last_line():
    failed = f"{STAMP} Error: the disk is full\n{STAMP} more\n"
    assert read_error(failed) == "the disk is full"
    assert read_error("a\nKFP driver: driver.Container failed: no volume\n\n").endswith("no volume")
    assert read_error("") == ""


@pytest.mark.parametrize("code", list(OUTCOMES))
def test_an_outcome_has_an_exit_code(code):
    assert exit_code_of(OUTCOMES[code]) is code


def test_other_words_have_none():
    assert exit_code_of("who knows") is None
    assert ExitCode.FAILED not in OUTCOMES
