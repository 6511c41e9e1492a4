from dataclasses import replace

import pytest

from serving.score.errors import ScoreError
from serving.score.origin import path_of
from serving.score.rows import Row, header
from serving.score.table import ScoreTable, write_table


@pytest.fixture
def out(tmp_path):
    return tmp_path / "a.csv"


def files(table):
    return [row.file for row in table.rows()]


def test_rows_are_kept_and_added_to(out, origin, make_row):
    with ScoreTable(out, origin) as table:
        table.append([make_row("a"), make_row("b", 0.25)])
        table.append([])
    with ScoreTable(out, origin) as table:
        table.append([make_row("c")])
        assert list(table.rows()) == [make_row("a"), make_row("b", 0.25), make_row("c")]
    assert out.read_bytes().startswith(header(origin.classes))


def test_restart_drops_rows_of_any_model(out, origin, make_row):
    with ScoreTable(out, origin) as table:
        table.append([make_row("a")])
    other = replace(origin, version=9, classes=("x", "y", "z"))
    with pytest.raises(ScoreError, match="--version 2"):
        ScoreTable(out, replace(origin, version=9))
    with ScoreTable(out, other, restart=True) as table:
        assert files(table) == []
    assert out.read_bytes() == header(other.classes)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("content", [b"file,reason,detail\nx,y,z\n", b"\x89PNG\r\n", b"fil e"])
def test_a_foreign_file_is_never_touched(out, origin, content, restart):
    out.write_bytes(content)
    with pytest.raises(ScoreError, match="no table of scores"):
        ScoreTable(out, origin, restart)
    assert out.read_bytes() == content


def test_rows_without_their_origin_are_not_gone_on_from(out, origin, make_row):
    write_table(out, origin, [make_row("a")])
    path_of(out).unlink()
    with pytest.raises(ScoreError, match="missing or broken"):
        ScoreTable(out, origin)
    ScoreTable(out, origin, restart=True).__exit__(None, None, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"c,bright,0.5\n", r"Line 4 .* not a row"),
        (b"a,bright,0.25,0.75,False,,2,\n", "Line 4 .* 'a' comes after 'b'"),
        (b"c,bright,0.25,0.75,False,,7,\n", "Line 4 .* of version 7"),
    ],
)
def test_a_damaged_line_is_named(out, origin, make_row, line, why):
    write_table(out, origin, [make_row("a"), make_row("b")])
    out.write_bytes(out.read_bytes() + line)
    with ScoreTable(out, origin) as table, pytest.raises(ScoreError, match=why):
        list(table.rows())


def test_gaps_are_filled_in_their_place(out, origin, make_row):
    with ScoreTable(out, origin) as table:
        table.append([make_row("b"), Row("c", error="no answer: away"), make_row("e")])
        table.fill([make_row("a"), make_row("c"), make_row("d")], {"a", "c", "d"}.__contains__)
        table.append([make_row("f")])
        assert list(table.rows()) == [make_row(name) for name in "abcdef"]


def test_until_the_last_gap_is_filled_nothing_changes(out, origin, make_row):
    def breaks_down():
        yield make_row("a")
        raise ScoreError("the server is gone")

    with ScoreTable(out, origin) as table:
        table.append([make_row("b")])
        with pytest.raises(ScoreError, match="gone"):
            table.fill(breaks_down(), lambda file: file == "a")
        assert files(table) == ["b"]
    assert sorted(path.name for path in out.parent.iterdir()) == ["a.csv", "a.csv.json"]


def test_a_table_that_another_run_writes_or_that_cant_be_written_is_a_sentence(
    out, origin, tmp_path
):
    with ScoreTable(out, origin), pytest.raises(ScoreError, match="Another run is writing"):
        ScoreTable(out, origin)
    with pytest.raises(ScoreError, match=r"can't be written: Is a directory\. Make room"):
        ScoreTable(tmp_path, origin)
