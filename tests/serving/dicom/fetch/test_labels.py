import pytest

from serving.dicom.errors import FetchError
from serving.dicom.fetch.labels import LabelledStudy, read_labels


@pytest.fixture
def read(tmp_path):
    def run(text, encoding="utf-8"):
        (tmp_path / "labels.csv").write_bytes(text.encode(encoding))
        return read_labels(tmp_path / "labels.csv")

    return run


def test_rows_in_any_order_of_columns(read):
    text = "label;note;Accession\nCOVID;x; A-1 \n\nNormal;;A-2\n;;\n"
    assert read(text) == [LabelledStudy("A-1", "COVID", 2), LabelledStudy("A-2", "Normal", 4)]


def test_the_same_row_twice_counts_once(read):
    assert len(read("accession,label\nA-1,COVID\nA-1,COVID\n")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accession,class\nA,b\n", "need the columns"),
        ("", "need the columns"),
        ("accession,label\n", "names no study"),
        ("accession,label\nA-1,COVID\nA-1,Normal\n", "line 2 and 'Normal' in line 3"),
        ("accession,label\nA*,COVID\n", "line 2"),
        ("accession,label\nA?,COVID\n", "find other studies"),
        ("accession,label\nA\\B,COVID\n", "find other studies"),
        (f"accession,label\n{'A' * 17},COVID\n", "16 characters"),
        ("accession,label\nA-1,../x\n", "folder"),
        ("accession,label\nA-1,.hidden\n", "folder"),
        ("accession,label\nA-1,\n", "folder"),
        ("accession,label\n,COVID\n", "accession number has"),
        ('accession,label\nA-1,"COVID\n', "no CSV"),
    ],
)
def test_a_mistake_is_a_sentence(read, text, message):
    with pytest.raises(FetchError, match=message.replace("*", ".")):
        read(text)


def test_another_encoding_is_a_sentence(read):
    with pytest.raises(FetchError, match="UTF-8"):
        read("accession,label\nA-1,Grün\n", "latin-1")
