"""What all requests to the page share."""

from __future__ import annotations

import asyncio

from serving.app.audit import AuditLog
from serving.app.model import Model
from serving.app.samples import Samples
from serving.app.security import SessionAuth
from serving.app.settings import Settings


class State:
    """Made once, when the page starts.

    Attributes:
        settings: of the page.
        guard: who may use it.
        model: that is asked.
        log: of the answers.
        samples: that are offered.
        uploads: lets a bounded number of uploads into memory.

    Raises:
        MedtfxError: the samples can't be read.
        OSError: the audit log can't be written.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.guard = SessionAuth(settings.token)
        self.model = Model(
            settings.model, settings.address, settings.timeout, settings.label, settings.tls
        )
        self.log = AuditLog(settings.audit_log)
        self.samples = Samples(settings.samples)
        self.uploads = asyncio.Semaphore(settings.limits.uploads)
