import tensorflow as tf

from components.storage.examples import records, untuned


def test_records_come_by_file_name(tmp_path):
    paths = [str(tmp_path / name) for name in ("b.gz", "a.gz")]
    for path in paths:
        with tf.io.TFRecordWriter(path, "GZIP") as writer:
            writer.write(path[-4:])
    assert list(records(paths).as_numpy_iterator()) == [b"a.gz", b"b.gz"]


def test_what_is_built_on_it_is_not_tuned_either():
    built = untuned(tf.data.Dataset.range(9)).map(lambda x: x + 1).shuffle(9).batch(2).prefetch(2)
    assert built.options().autotune.enabled is False
    assert sorted(built.unbatch().as_numpy_iterator()) == list(range(1, 10))
