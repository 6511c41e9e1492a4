import numpy as np
import pytest

from pipeline.monitor.checks.sample import MOST_EMBEDDED, between_gaps, neighbours, sample_of


def test_reference_and_log_become_the_same(reference, make_logged):
    for source in (reference, make_logged()):
        sample = sample_of(source)
        assert len(sample) == len(source.uncertain)
        assert sample.probabilities.dtype == np.float64
        np.testing.assert_array_equal(sample.quality["contrast"], source.quality["std"])
        np.testing.assert_array_equal(sample.quality["brightness"], source.quality["mean"])
        assert sample.quality["size"].tolist() == [1e6] * len(sample)
        np.testing.assert_array_equal(sample.predicted, source.probabilities.argmax(-1))


def test_neighbours_of_a_log_are_in_blocks():
    assert neighbours(1000).tolist() == np.repeat(np.arange(50), 20).tolist()
    assert neighbours(30).tolist() == np.repeat(np.arange(5), 6).tolist()
    assert neighbours(1).tolist() == [0]


@pytest.mark.parametrize("rows", [20, 33, 100, 101, 1000])
@pytest.mark.parametrize("first", range(4))
def test_no_patient_of_four_images_is_in_two_blocks(rows, first):
    patients, blocks = (np.arange(rows) + first) // 4, neighbours(rows)
    kept = between_gaps(rows)
    pairs = np.unique(np.stack([patients[kept], blocks[kept]]), axis=1)
    assert len(np.unique(pairs[0])) == pairs.shape[1]
    assert set(blocks[kept]) == set(blocks)
    crossed = np.unique(np.stack([patients, blocks]), axis=1)[0]
    assert first == 0 or len(np.unique(crossed)) < len(crossed)


def test_gaps_take_few_images():
    assert between_gaps(100).sum() == 88
    assert between_gaps(1000).sum() == 853


def test_of_many_embeddings_some_are_compared(make_logged):
    found = sample_of(make_logged())
    np.testing.assert_array_equal(found.embedded, np.flatnonzero(between_gaps(200)))
    logged = make_logged()
    logged.embeddings[3] = np.nan
    assert 3 not in sample_of(logged).embedded
    many = logged.chosen(np.arange(2 * MOST_EMBEDDED) % 200)
    assert len(sample_of(many).embedded) == MOST_EMBEDDED
