"""How a command of `medtfx kubeflow` must refuse."""

from tests.command_line import assert_one_message


def assert_refused(result: tuple[int, str, str], *words: str) -> None:
    """Checks for exit code 1 and one sentence, on one line, that has the words."""
    assert_one_message(result, *words)
    assert result[2].count("\n") == 1
