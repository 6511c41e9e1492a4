"""The spool: what has been received and not yet answered, on disk, so that nothing is lost.

Objects are files, their state is an SQLite database. A sender is told 'success' after both are on
the disk. Whatever ends the process, the next one goes on from there.

    spool.sqlite    one row an object, one a round of a study, one a result
    incoming/       files that are still being received
    objects/        received files, and heatmaps
    results/        objects that are sent back

A round is what a study had brought when it was quiet for long enough. What comes later is another
round, with a result of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.dicom.accept.arrival import Arrival
from serving.dicom.errors import DicomNodeError, SpoolFullError
from serving.dicom.spool.schema import SCHEMA

# States of an object, and of a round.
WAITING, ANSWERED, UNANSWERED, REFUSED, IGNORED = (
    "waiting", "answered", "unanswered", "refused", "ignored"
)  # fmt: skip
COLLECTING, SENDING, DONE, DEAD = "collecting", "sending", "done", "dead"
HEATMAP = ".npy"  # what the file of a heatmap ends in, behind the name of its image
MIN_FREE_BYTES = 2**30
KEEP_SECONDS = 30 * 86400.0


class Spool:
    """The spool in one folder; may be shared between threads.

    Attributes:
        folder: of this node alone.
        incoming: where files are while they are received.
        objects: where received files are.
        results: where objects are that are sent back.
        opened: when, in seconds since 1970.

    Args:
        folder: of this node alone; it is made.
        keep_refused: whether images that do not fit are kept for the report.

    Raises:
        DicomNodeError: the folder can't be used, or another node uses it.
    """

    def __init__(self, folder: Path, keep_refused: bool = False) -> None:
        self.folder, self._keep_refused = folder, keep_refused
        self.incoming, self.objects = folder / "incoming", folder / "objects"
        self.results, self.opened = folder / "results", time.time()
        self._lock = threading.RLock()
        try:
            for one in (self.incoming, self.objects, self.results):
                one.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                folder / "spool.sqlite", check_same_thread=False, isolation_level=None, timeout=2
            )
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")  # until this process ends
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(SCHEMA)
            with self.transaction():
                pass
        except (OSError, sqlite3.Error) as error:
            raise DicomNodeError(
                f"A spool is a folder that one node alone writes to. Received: {folder} ({error}). "
                "Stop the other node, or name another folder with --spool."
            ) from error
        self._remove_strays()

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yields the database; what the block writes is on the disk after it, or not written."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[tuple]:
        """Returns the rows of a query."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    # === Receiving ===

    def check_space(self) -> None:
        """Checks that there is room for more.

        Raises:
            SpoolFullError: there is not.
        """
        free = shutil.disk_usage(self.folder).free
        if free < MIN_FREE_BYTES:
            raise SpoolFullError(f"only {free} bytes are free on the disk of {self.folder}")

    def add(self, file: Path, arrival: Arrival) -> bool:
        """Takes a received file; after this it is on the disk.

        Args:
            file: in `incoming`; it is moved or removed.
            arrival: what it is.

        Returns:
            Whether it is new: an object that came before is not taken again.

        Raises:
            OSError: the disk does not take it.
        """
        if self.rows("SELECT 1 FROM objects WHERE sop_uid = ?", arrival.sop_uid):
            file.unlink(missing_ok=True)
            return False
        state, kept = self._state_of(arrival), None
        if state == IGNORED:
            file.unlink(missing_ok=True)
        else:
            kept = file_name(arrival.sop_uid)
            move_durably(file, self.objects / kept)
        reason = None if arrival.refusal is None else arrival.refusal.reason
        now = time.time()
        with self.transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO objects (sop_uid, round, file, state, reason, received) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (arrival.sop_uid, _round_of(database, arrival, now), kept, state, reason, now),
            )
        return True

    def _state_of(self, arrival: Arrival) -> str:
        if arrival.refusal is None:
            return WAITING
        return REFUSED if self._keep_refused and arrival.refusal.is_image else IGNORED

    # === Tidying up ===

    def forget_old(self, now: float) -> None:
        """Forgets rounds that were done long ago; their objects would be taken again."""
        old = now - KEEP_SECONDS
        ended = f"SELECT id FROM rounds WHERE ended < ? AND state = '{DONE}'"
        with self.transaction() as database:
            files = database.execute(
                f"SELECT file FROM objects WHERE file NOTNULL AND round IN ({ended})", [old]
            ).fetchall()
            for table in ("objects", "results"):
                database.execute(f"DELETE FROM {table} WHERE round IN ({ended})", [old])
            database.execute("DELETE FROM objects WHERE round ISNULL AND received < ?", [old])
            database.execute(f"DELETE FROM rounds WHERE id IN ({ended})", [old])
        for (name,) in files:
            (self.objects / name).unlink(missing_ok=True)

    def retry_dead(self) -> int:
        """Lets what has failed for good be tried again; returns how many rounds."""
        with self.transaction() as database:
            return database.execute(
                "UPDATE rounds SET attempts = 0, next_try = 0, ended = NULL, state = CASE WHEN "
                "EXISTS (SELECT 1 FROM results WHERE round = rounds.id) THEN ? ELSE ? END "
                "WHERE state = ?",
                (SENDING, COLLECTING, DEAD),
            ).rowcount

    def _remove_strays(self) -> None:
        """Removes files that no row names: their senders were never told that they arrived."""
        for file in self.incoming.iterdir():
            file.unlink()
        for folder, table in ((self.objects, "objects"), (self.results, "results")):
            known = {name for (name,) in self.rows(f"SELECT file FROM {table}")}
            for file in folder.iterdir():
                if file.name.removesuffix(HEATMAP) not in known:
                    file.unlink()


def file_name(sop_uid: str) -> str:
    """Returns the name of an object's file: a UID of another's may be no good name."""
    return f"{hashlib.sha256(sop_uid.encode()).hexdigest()[:40]}.dcm"


def move_durably(file: Path, target: Path) -> None:
    """Moves a file within a disk, so that a power cut leaves the whole of it or nothing."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    file.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _round_of(database: sqlite3.Connection, arrival: Arrival, now: float) -> int | None:
    """Returns the round that an object belongs to; an image begins one where none collects."""
    found = database.execute(
        "SELECT id, number, state FROM rounds WHERE study_uid = ? ORDER BY number DESC LIMIT 1",
        [arrival.study_uid],
    ).fetchone()
    if arrival.refusal is not None and not arrival.refusal.is_image:
        return found[0] if found else None
    if found and found[2] == COLLECTING:
        database.execute("UPDATE rounds SET last_received = ? WHERE id = ?", [now, found[0]])
        return int(found[0])
    return database.execute(
        "INSERT INTO rounds (study_uid, number, accession, modality, state, first_received, "
        "last_received) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (arrival.study_uid, found[1] + 1 if found else 1, arrival.accession, arrival.modality,
         COLLECTING, now, now),
    ).lastrowid  # fmt: skip
