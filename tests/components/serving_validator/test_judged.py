import numpy as np
import tensorflow as tf

from components.serving_validator.judged import judged_predictions


def test_without_folds_the_exported_model_predicts_the_test_split(
    tmp_path, images, make_exporter, write_split, trained
):
    model = tmp_path / "model"
    make_exporter().save(str(model), {"recipe": "test"})
    found = judged_predictions(
        model, trained.classes, [write_split(tmp_path / "test", images)], out_of_fold=[]
    )
    assert not found.folds
    assert found.labels.tolist() == [image.label for image in images]
    expected = [trained.by_file[image.filename] for image in images]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)


def test_with_folds_their_predictions_are_read_and_no_model_is_asked(tmp_path):
    path = tmp_path / "folds.gz"
    features = {
        "filename": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"a.png"])),
        "patient": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"ab12"])),
        "format": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"PNG"])),
        "mean": tf.train.Feature(float_list=tf.train.FloatList(value=[99.5])),
        "probabilities": tf.train.Feature(float_list=tf.train.FloatList(value=[0.25, 0.75])),
        **{
            name: tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
            for name, value in {
                "label_index": 1, "uncertain": 0, "out_of_distribution": 1, "width": 640,
            }.items()
        },
    }  # fmt: skip
    example = tf.train.Example(features=tf.train.Features(feature=features))
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions("GZIP")) as writer:
        writer.write(example.SerializeToString())
    found = judged_predictions(
        tmp_path / "none", ("dark", "bright"), test=[], out_of_fold=[str(path)]
    )
    assert found.folds and found.labels.tolist() == [1]
    assert found.probabilities.tolist() == [[0.25, 0.75]]
    assert (found.uncertain.tolist(), found.out_of_distribution.tolist()) == ([0.0], [1.0])
    assert found.quality["mean"].tolist() == [99.5] and found.quality["width"].tolist() == [640.0]
    assert np.isnan(found.quality["height"]).all() and found.formats.tolist() == ["PNG"]
