"""What all requests to the page share."""

from __future__ import annotations

import asyncio

from serving.app.audit import AuditLog
from serving.app.model import Model
from serving.app.samples import Samples
from serving.app.security import SessionAuth
from serving.app.settings import Settings
from serving.client.shadow import Shadow
from serving.protocol.byte_budget import ByteBudget
from serving.request_log.request_log import open_log


class State:
    """Made once, when the page starts.

    Attributes:
        settings: of the page.
        auth: who may use it.
        model: that is asked.
        log: of the predictions.
        requests: the request log, or None.
        shadow: the version that is asked beside the one that answers, or None.
        samples: that are offered.
        bodies: bounds the bytes of uploads in memory.
        slots: bounds the uploads that are being decoded; each has arrived by then.

    Raises:
        MedtfxError: the samples can't be read.
        OSError: the audit log can't be written.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.auth = SessionAuth(settings.token, settings.refusal_pause)
        self.model = Model(settings)
        self.log = AuditLog(settings.audit_log)
        requests = settings.request_log
        self.requests = open_log(requests) if requests is not None else None
        self.shadow = self._shadow(settings.shadow)
        self.samples = Samples(settings.samples)
        limits = settings.limits
        self.bodies = ByteBudget(limits.uploads * limits.request_bytes)
        self.slots = asyncio.Semaphore(limits.uploads)

    def close(self) -> None:
        """Ends the connections to the model, and writes what is left for the request log."""
        if self.shadow is not None:
            self.shadow.close()
        self.model.close()
        if self.requests is not None:
            self.requests.close()

    def _shadow(self, label: str | None) -> Shadow | None:
        if label is None or self.requests is None:
            return None
        return Shadow(
            self.model.name, lambda images: self.model.ask_label(images, label), self.requests
        )
