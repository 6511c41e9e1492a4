import pytest
import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.stoppable import stoppable


def test_ctrl_c_is_a_sentence_and_its_own_exit_code(capsys):
    @stoppable("All is kept.")
    def work():
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as stopped:
        work()
    assert stopped.value.exit_code == ExitCode.STOPPED
    assert capsys.readouterr() == ("", "\nStopped. All is kept.\n")


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), stoppable("All is kept."):
        raise ZeroDivisionError
