"""The page of the last studies. It shows no names: accession numbers, states and reasons."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from components.runtime.html import html_environment
from serving.dicom.spool.spool import ANSWERED, COLLECTING, DEAD, DONE, SENDING, WAITING, Spool

_TEMPLATES = html_environment(Path(__file__).with_name("templates"))
_LAST = 50
_WORDS = {
    COLLECTING: "being received",
    SENDING: "result waits for the PACS",
    DONE: "done",
    DEAD: "dead letter",
}


@dataclass(frozen=True)
class Row:
    """A round of a study, as the page shows it.

    Attributes:
        name: accession number, or the end of the Study Instance UID.
        study_uid: the whole one.
        modality: of its first object.
        state: of `_WORDS`' keys.
        words: the state in words.
        images: that came, and those that were answered.
        labels: what the model said, with how often.
        reasons: why others were not answered, and why it waits.
        received: the time of its last object.
        seconds: from the last object to the end; None before.
    """

    name: str
    study_uid: str
    modality: str
    state: str
    words: str
    images: str
    labels: str
    reasons: tuple[str, ...]
    received: str
    seconds: str | None


def page(spool: Spool, model: str, destination: str) -> str:
    """Returns the page as HTML."""
    rounds = spool.rows(
        "SELECT id, study_uid, number, accession, modality, state, last_received, ended, reason "
        "FROM rounds ORDER BY state = 'dead' DESC, last_received DESC LIMIT ?",
        _LAST,
    )
    rows = [_row(spool, *one) for one in rounds]
    counts = dict(spool.rows("SELECT state, count(*) FROM rounds GROUP BY state"))
    ((waiting,),) = spool.rows("SELECT count(*) FROM objects WHERE state = ?", WAITING)
    figures = [
        ("images wait for the model", waiting),
        ("studies are being received", counts.get(COLLECTING, 0)),
        ("results wait for the PACS", counts.get(SENDING, 0)),
        ("studies done", counts.get(DONE, 0)),
        ("dead letters", counts.get(DEAD, 0)),
    ]
    return _TEMPLATES.get_template("studies.html").render(
        model=model, destination=destination, figures=figures, rows=rows, now=_clock(time.time())
    )


def _row(
    spool: Spool, number_of_row: int, study_uid: str, number: int, accession: str, modality: str,
    state: str, last: float, ended: float | None, reason: str | None,
) -> Row:  # fmt: skip
    objects = spool.rows(
        "SELECT state, prediction, reason FROM objects WHERE round = ?", number_of_row
    )
    labels = Counter(
        _said(json.loads(text)) for was, text, _ in objects if was == ANSWERED and text
    )
    reasons = Counter(why for was, _, why in objects if was != ANSWERED and why)
    again = f", part {number}" if number > 1 else ""
    return Row(
        name=(accession or f"...{study_uid[-12:]}") + again,
        study_uid=study_uid,
        modality=modality,
        state=state,
        words=_WORDS[state],
        images=f"{sum(labels.values())} of {len(objects)}",
        labels=", ".join(_times(text, count) for text, count in labels.most_common(6)),
        reasons=(
            *([reason] if reason else []),
            *(_times(*one) for one in reasons.most_common(3)),
        ),
        received=_clock(last),
        seconds=None if ended is None else f"{max(0.0, ended - last):.0f} s",
    )


def _said(prediction: dict) -> str:
    if prediction.get("out_of_distribution"):
        return "unlike the training"
    return "uncertain" if prediction.get("uncertain") else str(prediction.get("label"))


def _times(text: str, count: int) -> str:
    return text if count == 1 else f"{text} × {count}"


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
