import gc

import pytest

from components.runtime.imports import importing


@pytest.fixture(autouse=True)
def collected_again():
    yield
    gc.unfreeze()


def test_the_collector_rests_and_passes_over_what_was_made():
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        made = [[] for _ in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


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
