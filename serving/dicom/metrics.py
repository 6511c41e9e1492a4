"""What the node counts, and the state of its queues, in Prometheus's text format."""

from __future__ import annotations

import shutil
import time

from serving.dicom.spool.spool import COLLECTING, DEAD, SENDING, WAITING, Spool
from serving.protocol.prometheus import Counter


class NodeMetrics:
    """What the node counts since it was started.

    Attributes:
        received: objects, by the way they came (C-STORE, STOW-RS) and whether they were new.
        sent: objects that the PACS has taken.
        failures: by kind.
    """

    def __init__(self) -> None:
        self.received = Counter("medtfx_dicom_received_total", "by", "was")
        self.sent = Counter("medtfx_dicom_sent_total")
        self.failures = Counter("medtfx_dicom_failures_total", "kind")

    def text(self, spool: Spool) -> str:
        """Returns all of them, and the state of the spool."""
        lines = [
            line
            for counter in (self.received, self.sent, self.failures)
            for line in counter.lines()
        ]
        return "".join(f"{line}\n" for line in (*lines, *_queues(spool)))


def _queues(spool: Spool) -> list[str]:
    objects = dict(spool.rows("SELECT state, count(*) FROM objects GROUP BY state"))
    rounds = dict(spool.rows("SELECT state, count(*) FROM rounds GROUP BY state"))
    ((image,),) = spool.rows("SELECT min(received) FROM objects WHERE state = ?", WAITING)
    ((study,),) = spool.rows(
        "SELECT min(first_received) FROM rounds WHERE state IN (?, ?)", COLLECTING, SENDING
    )
    now = time.time()
    ages = {"images": now - image if image else 0.0, "studies": now - study if study else 0.0}
    return [
        "# TYPE medtfx_dicom_queue gauge",
        f'medtfx_dicom_queue{{of="images"}} {objects.get(WAITING, 0)}',
        f'medtfx_dicom_queue{{of="studies"}} {rounds.get(COLLECTING, 0)}',
        f'medtfx_dicom_queue{{of="studies to send"}} {rounds.get(SENDING, 0)}',
        "# TYPE medtfx_dicom_oldest_seconds gauge",
        *(
            f'medtfx_dicom_oldest_seconds{{of="{of}"}} {max(0.0, age):.1f}'
            for of, age in ages.items()
        ),
        "# TYPE medtfx_dicom_dead_letters gauge",
        f"medtfx_dicom_dead_letters {rounds.get(DEAD, 0)}",
        "# TYPE medtfx_dicom_spool_free_bytes gauge",
        f"medtfx_dicom_spool_free_bytes {shutil.disk_usage(spool.folder).free}",
    ]
