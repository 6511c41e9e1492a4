import signal
import threading

import pytest

from components.runtime.interrupts import interrupted_afterwards


def interrupt(done, error=None):
    with interrupted_afterwards():
        signal.raise_signal(signal.SIGINT)
        done.append("the rest of the block")
        if error:
            raise error


def test_an_interrupt_comes_at_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(done)
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_went_wrong_in_the_block_is_told():
    with pytest.raises(ImportError):
        interrupt([], ImportError())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_get_no_signals():
    done = []

    def work():
        with interrupted_afterwards():
            done.append("work")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
