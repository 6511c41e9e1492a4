import gc
import sys
from types import ModuleType

import pytest

from components.runtime.imports import importing


@pytest.fixture(autouse=True)
def nothing_is_passed_over():
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_the_collector_rests_and_passes_over_what_was_made(monkeypatch):
    assert gc.isenabled()
    with importing():
        assert not gc.isenabled()
        monkeypatch.setitem(sys.modules, "made", ModuleType("made"))
        made: list[list[int]] = [[] for _ in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


def test_where_nothing_is_imported_garbage_stays_garbage():
    with importing():
        pass
    assert not gc.get_freeze_count()


def test_in_a_block_within_a_block_it_goes_on_resting():
    with importing():
        with importing():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error():
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()
