import csv
import io

import numpy as np
import pytest

from serving.protocol.prediction import Prediction
from serving.score.errors import ScoreError
from serving.score.rows import Row, from_line, header, is_header, row_of, to_line

CLASSES = ("dark", 'bright, "very"')


@pytest.mark.parametrize(
    "row",
    [
        Row("a/b.png", "dark", (0.75, 0.25), True, 1795222945),
        Row('a, "b".dcm', CLASSES[1], (1e-12, 1.0), False, 1),
        Row("c.png", error='truncated: it ends, "too early"'),
    ],
)
def test_a_row_comes_back_as_it_was(row):
    line = to_line(row, CLASSES)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert from_line(line, CLASSES) == Row(
        row.file,
        row.label,
        tuple(float(str(np.float32(value))) for value in row.probabilities),
        row.uncertain,
        row.version,
        row.error,
        row.out_of_distribution,
    )


def test_probabilities_lose_nothing_of_their_float32():
    values = np.random.default_rng(0).random((200, 2), np.float32) ** 8
    for pair in values:
        read = from_line(
            to_line(Row("a", "dark", tuple(pair.tolist()), False, 1), CLASSES), CLASSES
        )
        assert np.array_equal(np.array(read.probabilities, np.float32), pair)


def test_the_columns_are_those_a_reader_expects():
    text = header(CLASSES) + to_line(
        Row("a.png", "dark", (0.5, 0.25), False, 7, out_of_distribution=True), CLASSES
    )
    (row,) = csv.DictReader(io.StringIO(text.decode()))
    assert row == {
        "file": "a.png",
        "label": "dark",
        "p_dark": "0.5",
        'p_bright, "very"': "0.25",
        "uncertain": "False",
        "out_of_distribution": "True",
        "version": "7",
        "error": "",
    }


@pytest.mark.parametrize("text", ["=1+2", "+1", "-1", "@SUM(A1)", "'quoted", "''", "a=b", "'"])
def test_a_cell_is_never_a_formula_and_comes_back_as_it_was(text):
    row = Row(text, text, (0.5, 0.5), False, 1, text)
    line = to_line(row, CLASSES)
    file, label, *_, error = next(csv.reader([line.decode()]))
    assert file == label == error and not file.startswith(("=", "+", "-", "@"))
    assert from_line(line, CLASSES) == row


def test_errors_of_the_server_and_of_the_disk_are_transient_those_of_the_file_last():
    def row(error):
        return row_of("a.png", Prediction("a.png", error=error))

    assert row("no answer: the server is away").transient
    assert row("the file can't be read: Stale file handle").transient
    assert not row("truncated: the PNG ends").transient
    assert not row("the model refused it: Invalid PNG data").transient
    assert not row_of("a.png", Prediction("a.png", 1, {"dark": 1.0}, "dark", False)).transient


@pytest.mark.parametrize(
    "line",
    [b"", b"a,dark,0.5\n", b"a,dark,x,0.5,True,,1,\n", b"a,dark,0,1,yes,,1,\n", b"\0,,,,,,,\n"],
)
def test_what_is_no_row(line):
    with pytest.raises(ScoreError, match="not a row of 2 classes"):
        from_line(line, CLASSES)


def test_a_header_is_known_whatever_its_classes():
    assert is_header(header(("x",))) and is_header(header(CLASSES))
    assert not is_header(b"file,reason,detail\n") and not is_header(b"\x89PNG\r\n")
