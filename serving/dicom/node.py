"""The node: its parts, started and stopped as one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.recipe.dicom import DicomSection
from serving.client import Client
from serving.dicom.http import HttpSettings, Shown, open_port
from serving.dicom.metrics import NodeMetrics
from serving.dicom.receive.intake import Intake
from serving.dicom.receive.scp import ScpSettings, StoreScp
from serving.dicom.receive.stow import StowService
from serving.dicom.spool.questions import Questions
from serving.dicom.spool.rounds import Rounds
from serving.dicom.spool.spool import Spool
from serving.dicom.work.asking import Asker
from serving.dicom.work.destination import Sender
from serving.dicom.work.reporting import Reporter
from serving.dicom.work.sending import Dispatcher
from serving.dicom.work.worker import Worker

_ASKERS = 2  # while one's images are read, the other's are with the model
_GRACE = 20.0
_TIDY_SECONDS, _STRAY_SECONDS = 600.0, 3600.0


@dataclass(frozen=True)
class Model:
    """The model that the node asks.

    Attributes:
        client: of its server.
        label: returns the version label to ask for, or None.
        folder: of its pushed versions.
    """

    client: Client
    label: Callable[[], str | None]
    folder: Path


class DicomNode:
    """Receives, asks, reports and sends, from `start` to `stop`.

    Args:
        spool: what it has received; closed by `stop`.
        section: the section `dicom` of the recipe.
        model: that it asks.
        sender: to the PACS.
        scp: how it listens for DICOM.
        http: how it listens for HTTP.
        destination: of the results, in words.

    Raises:
        DicomNodeError: a port is taken.
    """

    def __init__(
        self,
        spool: Spool,
        section: DicomSection,
        model: Model,
        sender: Sender,
        scp: ScpSettings,
        http: HttpSettings,
        destination: str,
    ) -> None:
        self.spool, metrics = spool, NodeMetrics()
        questions, rounds = Questions(spool), Rounds(spool)
        explain = section.report.needs_heatmaps
        askers = [
            Asker(model.client, questions, model.label, explain, metrics) for _ in range(_ASKERS)
        ]
        self._workers = [
            *(Worker(f"ask {number}", one.step) for number, one in enumerate(askers)),
            Worker("report", Reporter(rounds, section, model.folder, metrics).step),
            Worker("send", Dispatcher(rounds, sender, metrics).step),
            Worker("tidy", self._tidy),
        ]
        intake = Intake(spool, section.accept, metrics)
        self._scp = StoreScp(scp, intake, spool.incoming)
        self._http = open_port(
            http,
            Shown(spool, metrics, model.client.model, destination, self.failing),
            StowService(intake, spool.incoming, scp.limits.object_bytes, 10 * scp.limits.seconds),
        )

    @property
    def dicom_port(self) -> int:
        """The port that it listens on for DICOM."""
        return self._scp.port

    @property
    def http_port(self) -> int:
        """The port that it listens on for HTTP."""
        return self._http.port

    def start(self) -> None:
        """Begins to work.

        Raises:
            DicomNodeError: a port is taken.
        """
        self._scp.start()
        for worker in self._workers:
            worker.start()
        self._http.start()

    def failing(self) -> list[str]:
        """Returns the names of the parts that do not work."""
        parts = [(worker.name, worker.is_alive) for worker in self._workers]
        return [name for name, works in (*parts, ("C-STORE", self._scp.is_alive)) if not works]

    def stop(self) -> None:
        """Takes nothing more, ends what is under way, and closes the spool."""
        self._scp.stop(_GRACE)
        self._http.stop()
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(_GRACE)
        self.spool.close()

    def _tidy(self) -> float:
        now = time.time()
        self.spool.forget_old(now)
        for file in self.spool.incoming.iterdir():  # of associations that ended within an object
            if file.stat().st_mtime < now - _STRAY_SECONDS:
                file.unlink(missing_ok=True)
        return _TIDY_SECONDS
