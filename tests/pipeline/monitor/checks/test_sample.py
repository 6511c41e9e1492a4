import numpy as np

from pipeline.monitor.checks.sample import MOST_EMBEDDED, neighbours, sample_of


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
    assert neighbours(30).tolist() == np.repeat(np.arange(10), 3).tolist()
    assert neighbours(1).tolist() == [0]


def test_of_many_embeddings_some_are_compared(make_logged):
    found = sample_of(make_logged())
    np.testing.assert_array_equal(found.embedded, np.arange(200))
    logged = make_logged()
    logged.embeddings[3] = np.nan
    assert 3 not in sample_of(logged).embedded
    many = logged.chosen(np.arange(2 * MOST_EMBEDDED) % 200)
    assert len(sample_of(many).embedded) == MOST_EMBEDDED
