import hashlib

import pytest

from components.recipe.evaluation import EvaluationSection
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.truth import Label, judge_by_labels, read_labels
from tests.pipeline.monitor.conftest import CLASSES

RULES = EvaluationSection.model_validate({"recall_floor": 0.8})


def labels_of(logged, wrong=0):
    """Labels that agree with the predictions, but for the first few."""
    predicted = logged.probabilities.argmax(-1)
    return {
        image.decode(): Label(int(1 - best if row < wrong else best), f"patient {row // 2}")
        for row, (image, best) in enumerate(zip(logged.images, predicted, strict=True))
    }


def judged(logged, labels):
    return judge_by_labels(logged, labels, True, CLASSES, RULES)


def test_agreement_reaches_the_floors(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged))
    assert (truth.labels, truth.images, truth.patients) == (200, 200, 100)
    assert [one.verdict for one in truth.classes] == ["reaches", "reaches"]
    assert [one.result.recall for one in truth.classes] == [1.0, 1.0]
    assert truth.corrections == () and truth.below == ()


def test_a_class_is_below_its_floor_only_when_that_is_certain(make_logged):
    logged = make_logged()
    verdicts = [
        {one.result.label: one.verdict for one in judged(logged, labels_of(logged, wrong)).classes}
        for wrong in (30, 120)
    ]
    assert "below" not in verdicts[0].values() and "open" in verdicts[0].values()
    assert verdicts[1] == {"ill": "below", "well": "below"}


def test_corrections_come_with_the_surest_first(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged, wrong=12))
    assert len(truth.corrections) == 12
    sure = [one.probability for one in truth.corrections]
    assert sure == sorted(sure, reverse=True)
    assert all({one.predicted, one.label} == {"ill", "well"} for one in truth.corrections)
    assert {one.image for one in truth.corrections} == {x.decode() for x in logged.images[:12]}


def test_images_without_a_prediction_are_counted(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged) | {"ff" * 32: Label(0, "x")})
    assert (truth.labels, truth.images) == (201, 200)


def test_no_common_image_is_an_error(make_logged):
    with pytest.raises(MonitorError, match="None of the 1 labelled images"):
        judged(make_logged(), {"ff" * 32: Label(0, "x")})


# === The file ===


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        (tmp_path / "labels.csv").write_text(text)
        return tmp_path / "labels.csv"

    return to_file


def test_labels_by_digest(write):
    found, by_patient = read_labels(write("label,sha256\nill,AB12\nwell,cd34\n"), CLASSES)
    assert found == {"ab12": Label(0, "ab12"), "cd34": Label(1, "cd34")} and not by_patient


def test_labels_by_name_of_the_file_and_patient(write, tmp_path):
    (tmp_path / "a.png").write_bytes(b"film")
    path = write("file,label,patient\na.png,well,17\n")
    found, by_patient = read_labels(path, CLASSES, tmp_path)
    assert found == {hashlib.sha256(b"film").hexdigest(): Label(1, "17")} and by_patient


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sha256\nab\n", "has a column 'label'"),
        ("label\nill\n", "'sha256' or 'file'"),
        ("label,file\nill,a.png\n", "with --images"),
        ("label,sha256\nsick,ab\n", "line 2 of .*'sick'"),
        ("label,sha256\nill,ab\nwell,ab\n", "line 3 of .*another than before"),
        ('label,sha256\nill,"ab\n', "no valid CSV"),
    ],
)
def test_a_wrong_file_is_an_error_with_a_remedy(write, text, message):
    with pytest.raises(MonitorError, match=message):
        read_labels(write(text), CLASSES)


def test_a_spreadsheet_may_separate_columns_by_semicolons(write):
    found, by_patient = read_labels(write("sep=;\nsha256;label;patient\nab;ill;7\n"), CLASSES)
    assert found == {"ab": Label(0, "7")} and by_patient


def test_another_encoding_is_an_error(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("label,sha256\nmüde,ab\n".encode("latin-1"))
    with pytest.raises(MonitorError, match=r"Byte 14 .* is not\. Save it as UTF-8"):
        read_labels(path, CLASSES)


def test_a_missing_image_is_an_error(write, tmp_path):
    with pytest.raises(MonitorError, match=r"'a.png' can't be read"):
        read_labels(write("label,file\nill,a.png\n"), CLASSES, tmp_path)
