"""The rounds of studies in the spool: complete, reported on, sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from components.storage.atomic_write import OWNER_ONLY, replacing
from serving.dicom.spool.back_off import back_off
from serving.dicom.spool.questions import prediction_of
from serving.dicom.spool.spool import (
    COLLECTING,
    DEAD,
    DONE,
    HEATMAP,
    IGNORED,
    SENDING,
    UNANSWERED,
    WAITING,
    Spool,
    file_name,
)
from serving.protocol.prediction import Prediction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Round:
    """What a study had brought when it was quiet.

    Attributes:
        id: of its row.
        study_uid: the Study Instance UID.
        attempts: to report on it, or to send its results, that failed.
        last_received: the time of its last object.
    """

    id: int
    study_uid: str
    attempts: int
    last_received: float


@dataclass(frozen=True)
class Settled:
    """An object of a complete round.

    Attributes:
        file: as it was received.
        prediction: None of one that is not answered.
        reason: of one that is not.
    """

    file: Path
    prediction: Prediction | None
    reason: str | None


@dataclass(frozen=True)
class Result:
    """An object that is to be sent back.

    Attributes:
        round: that it belongs to.
        sop_uid: its SOP Instance UID.
        file: of it.
    """

    round: Round
    sop_uid: str
    file: Path


class Rounds:
    """What becomes of rounds."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def complete(self, quiet_seconds: float, now: float) -> list[Round]:
        """Returns the rounds whose study is quiet, and all of whose images are settled.

        Quiet counts while the node runs: before, nobody could have sent anything.
        """
        if now < self._spool.opened + quiet_seconds:
            return []
        found = self._spool.rows(
            "SELECT id, study_uid, attempts, last_received FROM rounds "
            "WHERE state = ? AND last_received <= ? AND next_try <= ? AND NOT EXISTS "
            "(SELECT 1 FROM objects WHERE round = rounds.id AND state = ?) "
            "ORDER BY last_received LIMIT 50",
            COLLECTING, now - quiet_seconds, now, WAITING,
        )  # fmt: skip
        return [Round(*row) for row in found]

    def settled(self, one: Round) -> list[Settled]:
        """Returns the objects of a round that a report is about, in the order they came."""
        found = self._spool.rows(
            "SELECT file, prediction, reason FROM objects WHERE round = ? AND state != ? "
            "ORDER BY received, sop_uid",
            one.id, IGNORED,
        )  # fmt: skip
        files = [(self._spool.objects / name, text, reason) for name, text, reason in found]
        return [
            Settled(file, prediction_of(file, text) if text else None, reason)
            for file, text, reason in files
        ]

    def keep_results(self, one: Round, results: Sequence[Dataset]) -> bool:
        """Writes the objects that are to be sent; without any, the round has ended.

        Returns:
            Whether they are kept: not where another object of the study came while they were made.

        Raises:
            OSError: the disk does not take them.
        """
        files = [file_name(f"{one.id} {result.SOPInstanceUID}") for result in results]
        for name, result in zip(files, results, strict=True):
            with replacing(self._spool.results / name, OWNER_ONLY) as file:
                result.save_as(file, enforce_file_format=True)
        with self._spool.transaction() as database:
            is_same = database.execute(
                "UPDATE rounds SET state = ?, attempts = 0, reason = NULL "
                "WHERE id = ? AND state = ? AND last_received = ?",
                (SENDING, one.id, COLLECTING, one.last_received),
            ).rowcount
            if is_same:
                database.executemany(
                    "INSERT OR IGNORE INTO results (round, sop_uid, file) VALUES (?, ?, ?)",
                    [
                        (one.id, str(result.SOPInstanceUID), name)
                        for name, result in zip(files, results, strict=True)
                    ],
                )
        if not is_same:
            for name in files:
                (self._spool.results / name).unlink(missing_ok=True)
        elif not results:
            self.end(one)
        return bool(is_same)

    def to_send(self, most: int, now: float) -> list[Result]:
        """Returns results that are to be sent, of the oldest rounds."""
        found = self._spool.rows(
            "SELECT r.id, r.study_uid, r.attempts, r.last_received, s.sop_uid, s.file "
            "FROM results s JOIN rounds r ON r.id = s.round "
            "WHERE r.state = ? AND r.next_try <= ? AND NOT s.is_sent "
            "ORDER BY r.last_received, r.id LIMIT ?",
            SENDING, now, most,
        )  # fmt: skip
        return [Result(Round(*of), uid, self._spool.results / file) for *of, uid, file in found]

    def mark_sent(self, result: Result) -> bool:
        """Records that the PACS has a result; returns whether it was the last of its round."""
        with self._spool.transaction() as database:
            database.execute(
                "UPDATE results SET is_sent = 1 WHERE round = ? AND sop_uid = ?",
                (result.round.id, result.sop_uid),
            )
            (left,) = database.execute(
                "SELECT count(*) FROM results WHERE round = ? AND NOT is_sent", [result.round.id]
            ).fetchone()
        if not left:
            self.end(result.round)
        return not left

    def end(self, one: Round) -> None:
        """Records that a round is done, and removes its files but those of unread images."""
        with self._spool.transaction() as database:
            settled = database.execute(
                "SELECT file FROM objects WHERE round = ? AND file NOTNULL AND state != ?",
                (one.id, UNANSWERED),
            ).fetchall()
            sent = database.execute("SELECT file FROM results WHERE round = ?", [one.id]).fetchall()
            database.execute(
                "UPDATE objects SET file = NULL WHERE round = ? AND state != ?",
                (one.id, UNANSWERED),
            )
            database.execute(
                "UPDATE rounds SET state = ?, ended = ?, reason = NULL WHERE id = ?",
                (DONE, time.time(), one.id),
            )
        for (name,) in settled:
            (self._spool.objects / name).unlink(missing_ok=True)
            (self._spool.objects / f"{name}{HEATMAP}").unlink(missing_ok=True)
        for (name,) in sent:
            (self._spool.results / name).unlink(missing_ok=True)

    def put_off(self, one: Round, reason: str, attempts: int) -> None:
        """Lets a round be tried again later; after so many failed attempts it is a dead letter.

        A dead letter is kept, and not tried again by itself.
        """
        values: list[object]
        if one.attempts + 1 >= attempts:
            log.error("study %s becomes a dead letter: %s", one.study_uid, reason)
            changes, values = "state = ?, ended = ?", [DEAD, time.time()]
        else:
            delay = back_off(one.attempts + 3)
            log.warning("study %s is tried again in %g s: %s", one.study_uid, delay, reason)
            changes, values = "attempts = ?, next_try = ?", [one.attempts + 1, time.time() + delay]
        with self._spool.transaction() as database:
            database.execute(
                f"UPDATE rounds SET {changes}, reason = ? WHERE id = ?", (*values, reason, one.id)
            )
