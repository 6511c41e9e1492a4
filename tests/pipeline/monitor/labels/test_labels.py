import hashlib

import pytest

from pipeline.monitor.errors import MonitorError
from pipeline.monitor.labels.labels import Label, Labels, match, read_labels
from serving.request_log.study import hash_study
from tests.pipeline.monitor.conftest import CLASSES

KEY = b"key of the log"


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        (tmp_path / "labels.csv").write_text(text)
        return tmp_path / "labels.csv"

    return to_file


def test_labels_by_digest(write):
    found = read_labels(write("label,sha256\nill,AB12\nwell,cd34\n"), CLASSES)
    assert found == Labels({"ab12": Label(0, "ab12"), "cd34": Label(1, "cd34")}, False)


def test_labels_by_name_of_the_file_and_patient(write, tmp_path):
    (tmp_path / "a.png").write_bytes(b"film")
    path = write("file,label,patient\na.png,well,17\n")
    found = read_labels(path, CLASSES, tmp_path)
    assert found == Labels({hashlib.sha256(b"film").hexdigest(): Label(1, "17")}, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sha256\nab\n", "has a column 'label'"),
        ("label\nill\n", "'sha256', 'study' or 'file'"),
        ("label,study\nill,1.2.3\n", "knows no study"),
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
    found = read_labels(write("sep=;\nsha256;label;patient\nab;ill;7\n"), CLASSES)
    assert found == Labels({"ab": Label(0, "7")}, True)


def test_what_a_spreadsheet_leaves_is_no_label(write):
    found = read_labels(write("\ufeffSHA256; Label \nab;ill \n;\ncd;well\n;\n"), CLASSES)
    assert found.of == {"ab": Label(0, "ab"), "cd": Label(1, "cd")}
    with pytest.raises(MonitorError, match=r"line 4 of .*'sick'"):
        read_labels(write("sha256;label\nab;ill\n;\ncd;sick\n"), CLASSES)


def test_another_encoding_is_an_error(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("label,sha256\nmüde,ab\n".encode("latin-1"))
    with pytest.raises(MonitorError, match=r"Byte 14 .* is not\. Save it as UTF-8"):
        read_labels(path, CLASSES)


def test_a_missing_image_is_an_error(write, tmp_path):
    with pytest.raises(MonitorError, match=r"'a.png' can't be read"):
        read_labels(write("label,file\nill,a.png\n"), CLASSES, tmp_path)


# === Which predictions they belong to ===


def test_a_label_of_a_study_is_of_all_its_images(make_logged, write):
    logged = make_logged(10)
    logged.studies[:2] = hash_study("1.2.840.7", KEY).encode()
    found = read_labels(write("study,label\n1.2.840.7,well\n1.2.840.8,ill\n"), CLASSES, None, KEY)
    matched = match(logged, found)
    assert list(matched.labels) == [image.decode() for image in logged.images[:2]]
    assert {label.index for label in matched.labels.values()} == {1}
    assert len({label.patient for label in matched.labels.values()}) == 1
    assert matched.unmatched == (hash_study("1.2.840.8", KEY),)


def test_the_label_of_an_image_is_more_than_that_of_its_study(make_logged, write):
    logged = make_logged(10)
    logged.studies[:2] = hash_study("1.2.840.7", KEY).encode()
    rows = f"{logged.images[0].decode()},,ill\n,1.2.840.7,well\n"
    found = read_labels(write(f"sha256,study,label\n{rows}"), CLASSES, None, KEY)
    assert [label.index for label in match(logged, found).labels.values()] == [0, 1]


def test_the_last_prediction_of_an_image_counts(make_logged):
    logged = make_logged(4)
    logged.images[3] = logged.images[0]
    image = logged.images[0].decode()
    assert match(logged, Labels({image: Label(0, "x")}, False)).rows == {image: 3}


def test_no_common_image_is_an_error(make_logged):
    with pytest.raises(MonitorError, match="None of the 1 labels"):
        match(make_logged(), Labels({"ff" * 32: Label(0, "x")}, True))
