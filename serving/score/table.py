"""The CSV on the disk: begun, taken up again, appended to, completed in its middle."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from heapq import merge
from pathlib import Path

from components.storage.append_log import AppendFile
from components.storage.atomic_write import OWNER_ONLY, replacing
from serving.score import origin
from serving.score.errors import ScoreError
from serving.score.origin import Origin
from serving.score.rows import Row, from_line, header, is_header, to_line

_LONGEST_HEADER = 1 << 20  # bytes; a file without line breaks is not read whole


class ScoreTable(AbstractContextManager["ScoreTable"]):
    """The CSV of one model, ascending by file, closed to other processes while it is open.

    Half a last row, of a run that was killed, is cut off when it is opened.

    Args:
        path: of the CSV.
        asked: the model that is asked now.
        restart: drop the rows that are there.

    Raises:
        ScoreError: the file is not such a CSV, holds rows of another model, is being written by
            another process, or can't be written.
    """

    def __init__(self, path: Path, asked: Origin, restart: bool = False) -> None:
        self.path, self._origin = path, asked
        with _errors_of(path):
            self._file = AppendFile(path)
        try:
            self._take_up(restart)
        except BaseException:
            self._file.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """Yields the rows that are there, one after the other.

        Raises:
            ScoreError: a line is no row of this model, or out of order.
        """
        last = ""
        for number, line in enumerate(self._lines(), start=2):
            try:
                row = from_line(line, self._origin.classes)
            except ScoreError as error:
                raise self._damaged(number, str(error)) from None
            if row.file <= last:
                raise self._damaged(number, f"{row.file!r} comes after {last!r}.")
            if row.version not in (None, self._origin.version):
                raise self._damaged(number, f"It is of version {row.version}.")
            last = row.file
            yield row

    def append(self, rows: Iterable[Row]) -> None:
        """Adds rows at the end, all or none.

        Raises:
            ScoreError: they can't be written.
        """
        lines = b"".join(to_line(row, self._origin.classes) for row in rows)
        with _errors_of(self.path):
            self._file.append(lines)

    def fill(self, rows: Iterable[Row], replaced: Callable[[str], bool]) -> None:
        """Puts rows in their place by their file; the table changes when the last one is there.

        Args:
            rows: ascending by file.
            replaced: whether the row that a file has already gives way.

        Raises:
            ScoreError: they can't be written; the file is as it was.
        """
        kept = (row for row in self.rows() if not replaced(row.file))
        write_table(self.path, self._origin, merge(kept, rows, key=lambda row: row.file))
        self._file.close()
        with _errors_of(self.path):
            self._file = AppendFile(self.path)

    # === Helpers ===

    def _take_up(self, restart: bool) -> None:
        first = check_is_table(self.path)
        if restart or not first.endswith(b"\n"):
            with _errors_of(self.path):
                self._file.clear()
                origin.save(self._origin, self.path)
                self._file.append(header(self._origin.classes))
            return
        origin.check_same(origin.load(self.path), self._origin, self.path)
        if first != header(self._origin.classes):
            raise self._damaged(1, "It does not name the classes of the model.")
        with _errors_of(self.path):
            self._file.cut_torn_line()

    def _lines(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            file.readline()
            yield from file

    def _damaged(self, line: int, why: str) -> ScoreError:
        return ScoreError(
            f"Line {line} of {self.path} is not as it was written: {why} Correct it, name another "
            "file with --out, or score all again with --restart."
        )


def check_is_table(path: Path) -> bytes:
    """Returns the first line of a CSV, b'' where there is none; half a header is one too.

    Raises:
        ScoreError: it is another file, which must not be overwritten.
    """
    if not path.exists():
        return b""
    with open(path, "rb") as file:
        first = file.readline(_LONGEST_HEADER)
    begun = first[: len(b"file,label")] == b"file,label"[: len(first)]
    if not (is_header(first) if first.endswith(b"\n") else begun):
        raise ScoreError(
            f"{path} is no table of scores: it begins with {first[:60]!r}. It stays as it is; name "
            "another file with --out."
        )
    return first


def write_table(path: Path, source: Origin, rows: Iterable[Row]) -> None:
    """Writes a whole CSV at once: it is the old one, or all of the new one.

    Args:
        path: of the CSV.
        source: the model that the rows are of.
        rows: ascending by file.

    Raises:
        ScoreError: it can't be written.
    """
    with _errors_of(path), replacing(path, OWNER_ONLY) as file:
        file.write(header(source.classes))
        for row in rows:
            file.write(to_line(row, source.classes))
        origin.save(source, path)


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    """Turns an error of the file system into a sentence about the CSV."""
    try:
        yield
    except BlockingIOError:
        raise ScoreError(
            f"Another run is writing {path}. Wait for it, or name another file with --out."
        ) from None
    except OSError as error:
        raise ScoreError(
            f"{path} can't be written: {error.strerror or error}. Make room or fix the rights, or "
            "name another file with --out; the rows that are in it stay."
        ) from error
