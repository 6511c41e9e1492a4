from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.gate.pushed_reference import (
    QUALITY,
    TAGS,
    Reference,
    read_reference,
    write_reference,
)
from components.saved_model.embedding import SIZE
from components.saved_model.manifest import ChangedModelError
from tests.written_predictions import predictions

FEATURES = (*QUALITY, "format", *TAGS)


@pytest.fixture
def found():
    drawn = predictions(of_each=4, features=FEATURES)
    numbers = {name: ("1.5", None, "3", *["2"] * 9) for name in QUALITY}
    features = {**drawn.features, **numbers, "format": ("PNG", None, *["DICOM"] * 10)}
    embeddings = np.linspace(-2, 2, 12 * SIZE, dtype=np.float32).reshape(12, SIZE)
    scores = np.array([-np.inf, *np.arange(11)], np.float32)
    return Reference.of(
        replace(drawn, features=features, embeddings=embeddings, scores=scores), folds=False
    )


def test_the_file_gives_back_what_the_monitor_needs(found, tmp_path):
    write_reference(tmp_path, found)
    read = read_reference(tmp_path)
    assert read is not None
    assert (read.classes, read.folds, len(read)) == (found.classes, False, 12)
    for name in ("patients", "labels", "probabilities", "uncertain", "out_of_distribution"):
        np.testing.assert_array_equal(getattr(read, name), getattr(found, name))
    for name in QUALITY:
        np.testing.assert_array_equal(read.quality[name], found.quality[name])
    assert read.formats.tolist() == ["PNG", "", *["DICOM"] * 10]
    for name in TAGS:
        assert read.scanner[name].tolist() == found.scanner[name].tolist()
    assert np.isnan(read.scores[0]) and read.scores[1:].tolist() == list(range(11))
    assert read.embeddings is not None and found.embeddings is not None
    np.testing.assert_array_equal(read.embeddings, found.embeddings)
    np.testing.assert_allclose(read.embeddings[0], np.linspace(-2, -1.675, SIZE), atol=2e-3)


def test_a_file_of_an_earlier_medtfx_has_no_embeddings(found, tmp_path):
    write_reference(tmp_path, replace(found, embeddings=None))
    path = tmp_path / "assets.extra" / "reference.parquet"
    table = pq.read_table(path)
    pq.write_table(table.drop([*TAGS, "out_of_distribution_score"]), path)
    read = read_reference(tmp_path)
    assert read is not None and read.embeddings is None
    assert np.isnan(read.scores).all() and set(read.scanner["view"]) == {""}


def test_images_of_one_patient_stay_together_under_a_number(found):
    assert len(np.unique(found.patients)) == 6  # two images each
    assert found.patients[0] == found.patients[1] != found.patients[2]
    assert found.patients.max() == 5


def test_no_name_and_no_pseudonym_is_in_the_file(found, tmp_path):
    write_reference(tmp_path, found)
    table = pq.read_table(tmp_path / "assets.extra" / "reference.parquet")
    text = str(table.to_pydict()) + str(table.schema.metadata)
    assert "patient " not in text and ".png" not in text


def test_a_version_without_the_file_has_no_reference(tmp_path):
    assert read_reference(tmp_path) is None


def test_another_file_is_an_error_with_a_remedy(found, tmp_path):
    write_reference(tmp_path, found)
    (tmp_path / "assets.extra" / "reference.parquet").write_bytes(b"PAR1")
    with pytest.raises(ChangedModelError, match=r"reference.parquet .*Restore it"):
        read_reference(tmp_path)
