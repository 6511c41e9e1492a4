import numpy as np

from pipeline.monitor.sample import sample_of


def test_reference_and_log_become_the_same(reference, make_logged):
    for source in (reference, make_logged()):
        sample = sample_of(source)
        assert len(sample) == len(source.uncertain)
        assert sample.probabilities.dtype == np.float64
        np.testing.assert_array_equal(sample.quality["contrast"], source.quality["std"])
        np.testing.assert_array_equal(sample.quality["brightness"], source.quality["mean"])
        assert sample.quality["size"].tolist() == [1e6] * len(sample)
        np.testing.assert_array_equal(sample.predicted, source.probabilities.argmax(-1))
