from itertools import count

import grpc
import pytest

from serving.protocol.errors import ServerUnavailableError
from serving.score.errors import ScoreError
from serving.score.rows import from_line

LEVELS = {f"p{number % 3}/{number:03}.png": 20 + 5 * number for number in range(43)}


@pytest.fixture
def folder(make_folder):
    return make_folder(LEVELS | {"p1/broken.png": b"\x89PNG\r\n\x1a\nno", "p1/note.txt": b"x"})


@pytest.fixture
def whole(folder, tmp_path, server, run_job):
    """The CSV of a run that nothing interrupted."""
    run_job(folder, tmp_path / "whole.csv", server.address)
    return (tmp_path / "whole.csv").read_bytes()


def rows(path):
    return [from_line(line, ("dark", "bright")) for line in path.read_bytes().splitlines(True)[1:]]


def test_every_image_has_its_row_in_the_order_of_the_files(folder, tmp_path, server, run_job):
    summary = run_job(folder, tmp_path / "out.csv", server.address)
    found = rows(tmp_path / "out.csv")
    assert [row.file for row in found] == sorted([*LEVELS, "p1/broken.png"])
    for row in found:
        if row.error:
            assert row.file == "p1/broken.png"
        else:
            assert row.probabilities[1] == pytest.approx(LEVELS[row.file] / 255, abs=1e-6)
    assert summary.labels.total() == 43 and summary.failed == {"truncated": 1}
    assert summary.saved == summary.done == summary.total == 44


@pytest.mark.parametrize("kept", [0, 1, 300, 900, 1500, -10, -1])
def test_a_run_that_was_cut_off_anywhere_ends_with_the_same_file(
    folder, tmp_path, server, run_job, whole, kept
):
    (tmp_path / "whole.csv").write_bytes(whole[:kept])
    run_job(folder, tmp_path / "whole.csv", server.address, workers=3)
    assert (tmp_path / "whole.csv").read_bytes() == whole


def test_what_is_done_is_not_asked_again(folder, tmp_path, server, run_job, whole):
    out = tmp_path / "whole.csv"
    before = out.stat()
    summary = run_job(folder, out, server.address)
    assert (summary.scored, summary.earlier) == (0, 44)
    assert out.read_bytes() == whole and out.stat().st_mtime_ns == before.st_mtime_ns


def test_groups_begin_at_the_same_images_in_a_run_that_goes_on(scripted, make_folder, run_job):
    folder = make_folder({f"{number}.png": number for number in range(10)})
    out = folder.parent / "out.csv"
    server = scripted(lambda _: None)
    run_job(folder, out, server.address, batch_size=4, workers=1)
    assert server.requests == [1, 4, 4, 2]
    out.write_bytes(b"".join(out.read_bytes().splitlines(True)[: 1 + 6]))
    server.requests.clear()
    run_job(folder, out, server.address, batch_size=4, workers=1)
    assert server.requests == [1, 4, 2]
    assert [row.file for row in rows(out)] == [f"{number}.png" for number in range(10)]


def test_a_server_that_goes_keeps_what_was_answered(scripted, make_folder, run_job, server):
    folder = make_folder({f"{number:02}.png": number for number in range(40)})
    out, asked = folder.parent / "out.csv", count()
    dying = scripted(lambda _: next(asked) >= 13 and grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(ServerUnavailableError):
        run_job(folder, out, dying.address, batch_size=4, workers=1)
    assert [row.file for row in rows(out)] == [f"{number:02}.png" for number in range(12)]
    assert run_job(folder, out, server.address).scored == 28
    assert len(rows(out)) == 40


def test_rows_without_an_answer_are_asked_again_those_of_broken_files_are_not(
    scripted, make_folder, run_job, tools
):
    folder = make_folder({"a.png": 1, "b.png": 99, "c.png": b"junk", "d.png": 2})
    out = folder.parent / "out.csv"
    choking = scripted(lambda image: image == tools.png(99) and grpc.StatusCode.INTERNAL)
    assert run_job(folder, out, choking.address).failed == {"no answer": 1, "not_an_image": 1}
    healthy = scripted(lambda _: None)
    summary = run_job(folder, out, healthy.address)
    assert healthy.requests == [1, 1]  # who it is, and b.png
    assert (summary.scored, summary.earlier, summary.failed) == (1, 3, {"not_an_image": 1})
    assert [row.label for row in rows(out)] == ["bright", "bright", "", "bright"]


def test_images_that_came_in_between_get_their_rows(folder, tmp_path, server, run_job, tools):
    out = tmp_path / "out.csv"
    run_job(folder, out, server.address)
    for name in ("p0/000a.png", "a.png", "p2/999.png"):
        (folder / name).write_bytes(tools.png(204))
    (folder / "p1" / "broken.png").unlink()
    summary = run_job(folder, out, server.address)
    assert (summary.scored, summary.elsewhere, summary.saved) == (3, 1, 47)
    files = [row.file for row in rows(out)]
    assert files == sorted([*LEVELS, "p1/broken.png", "p0/000a.png", "a.png", "p2/999.png"])


def test_rows_of_another_folder_are_refused(folder, tmp_path, server, run_job, make_folder):
    out = tmp_path / "out.csv"
    run_job(folder, out, server.address)
    before = out.read_bytes()
    with pytest.raises(ScoreError, match=r"None of the 44 rows .* another folder"):
        run_job(make_folder({"x.png": 3}, name="other"), out, server.address)
    assert out.read_bytes() == before
