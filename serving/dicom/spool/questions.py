"""The images in the spool that the model is to be asked about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from components.storage.atomic_write import replacing
from serving.dicom.spool.spool import ANSWERED, HEATMAP, UNANSWERED, WAITING, Spool
from serving.protocol.prediction import Prediction


@dataclass(frozen=True)
class Question:
    """An image that the model is to be asked about.

    Attributes:
        sop_uid: its SOP Instance UID.
        file: as it was received.
        attempts: that failed.
    """

    sop_uid: str
    file: Path
    attempts: int


class Questions:
    """Deals out the images that wait, each to one thread at a time."""

    def __init__(self, spool: Spool) -> None:
        self._spool, self._lock = spool, threading.Lock()
        self._claimed: set[str] = set()

    def claim(self, most: int) -> list[Question]:
        """Returns images that nobody else has, the oldest first."""
        with self._lock:
            found = self._spool.rows(
                "SELECT sop_uid, file, attempts FROM objects WHERE state = ? AND next_try <= ? "
                "ORDER BY received LIMIT ?",
                WAITING, time.time(), most + len(self._claimed),
            )  # fmt: skip
            free = [row for row in found if row[0] not in self._claimed][:most]
            self._claimed.update(row[0] for row in free)
        return [Question(uid, self._spool.objects / file, tries) for uid, file, tries in free]

    def release(self, questions: Iterable[Question]) -> None:
        """Gives images back, answered or not."""
        with self._lock:
            self._claimed.difference_update(one.sop_uid for one in questions)

    def settle(self, answers: Iterable[tuple[Question, Prediction]]) -> None:
        """Records predictions, or why there is none."""
        pairs = list(answers)
        for question, prediction in pairs:
            if prediction.heatmap is not None:
                with replacing(question.file.with_name(question.file.name + HEATMAP)) as file:
                    np.save(file, prediction.heatmap)
        with self._spool.transaction() as database:
            database.executemany(
                "UPDATE objects SET state = ?, prediction = ?, reason = ? WHERE sop_uid = ?",
                [
                    (
                        ANSWERED if prediction.ok else UNANSWERED,
                        _to_json(prediction) if prediction.ok else None,
                        prediction.error,
                        question.sop_uid,
                    )
                    for question, prediction in pairs
                ],
            )

    def give_up(self, question: Question, reason: str) -> None:
        """Records that there will be no prediction of an image."""
        self.settle([(question, Prediction(str(question.file), error=reason))])

    def postpone(self, question: Question, seconds: float, reason: str) -> None:
        """Lets an image be asked again later."""
        with self._spool.transaction() as database:
            database.execute(
                "UPDATE objects SET attempts = attempts + 1, next_try = ?, reason = ? "
                "WHERE sop_uid = ?",
                (time.time() + seconds, reason, question.sop_uid),
            )


def _to_json(prediction: Prediction) -> str:
    return json.dumps(asdict(replace(prediction, heatmap=None, embedding=None)))


def prediction_of(file: Path, text: str) -> Prediction:
    """Returns the prediction of a file, with its heatmap if there is one.

    Args:
        file: as it was received.
        text: as `Questions.settle` has written it.
    """
    heatmap = file.with_name(file.name + HEATMAP)
    values = json.loads(text) | {"heatmap": np.load(heatmap) if heatmap.exists() else None}
    return Prediction(**values | {"source": str(file)})
