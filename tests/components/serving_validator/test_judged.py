import numpy as np

from components.serving_validator.judged import judged_predictions
from tests.tf_examples import write_examples


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
    row = {
        "filename": "a.png", "patient": "ab12", "format": "PNG", "mean": 99.5, "width": 640,
        "label_index": 1, "probabilities": [0.25, 0.75], "uncertain": 0, "out_of_distribution": 1,
    }  # fmt: skip
    path = write_examples(tmp_path / "folds.gz", [row])
    found = judged_predictions(tmp_path / "none", ("dark", "bright"), test=[], out_of_fold=[path])
    assert found.folds and found.labels.tolist() == [1]
    assert found.probabilities.tolist() == [[0.25, 0.75]]
    assert (found.uncertain.tolist(), found.out_of_distribution.tolist()) == ([0.0], [1.0])
    assert found.quality["mean"].tolist() == [99.5] and found.quality["width"].tolist() == [640.0]
    assert np.isnan(found.quality["height"]).all() and found.formats.tolist() == ["PNG"]
