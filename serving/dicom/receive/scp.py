"""The C-STORE SCP: objects of the PACS go into the spool, then the sender is told 'success'."""

from __future__ import annotations

import logging
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.uid import UID, AllTransferSyntaxes
from pynetdicom import AE, _config, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from serving.dicom.accept.acceptance import SECONDARY
from serving.dicom.errors import DicomNodeError, RefusedError, SpoolFullError
from serving.dicom.receive.association import (
    MAX_PDU,
    BoundedServer,
    Limits,
    wait_for_end,
)
from serving.dicom.receive.intake import Intake

log = logging.getLogger(__name__)

# What the models of medtfx may be about, and what comes along with a study. Anything else is
# refused when the association is negotiated.
_STORAGE = "1.2.840.10008.5.1.4.1.1."
SOP_CLASSES = (
    *(_STORAGE + end for end in (
        "1",  # Computed Radiography
        "1.1", "1.1.1",  # Digital X-Ray, for presentation and for processing
        "1.2", "1.2.1",  # Digital Mammography
        "1.3", "1.3.1",  # Digital Intra-Oral X-Ray
        "2", "4", "20",  # CT, MR, Nuclear Medicine
        "3.1", "6.1",  # Ultrasound
        "12.1", "12.2",  # X-Ray Angiography and Radiofluoroscopy
        "77.1.1", "77.1.2", "77.1.4", "77.1.5.1",  # endoscopy, microscopy, photography, eyes
        "88.11", "88.22", "88.33", "88.34", "88.59",  # structured reports, Key Object Selection
        "11.1", "11.2", "11.3",  # presentation states
    )),
    *SECONDARY,
)  # fmt: skip

_NAMED = 3  # SOP classes in a line of the log
SUCCESS, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000


@dataclass(frozen=True)
class ScpSettings:
    """How the SCP listens.

    Attributes:
        ae_title: of the node; another called AE title is refused.
        host: address to listen on.
        port: 0 for any free one.
        callers: calling AE titles that may send; none for any.
        context: for TLS; None for plain text.
        limits: what is refused.
    """

    ae_title: str
    host: str
    port: int
    callers: Sequence[str] = ()
    context: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)


class StoreScp:
    """Listens from `start` to `stop`.

    Attributes:
        port: that it listens on.

    Args:
        settings: how.
        intake: takes what is received.
        folder: for files while they are received, on the disk of the spool.
    """

    def __init__(self, settings: ScpSettings, intake: Intake, folder: Path) -> None:
        self._settings, self._intake, self._folder = settings, intake, folder
        self.port = settings.port
        self._told: set[str] = set()  # callers that have been noted to propose other objects
        self._server: BoundedServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to listen.

        Raises:
            DicomNodeError: the port is taken.
        """
        settings, limits = self._settings, self._settings.limits
        self._receive_into(self._folder)
        entity = AE(settings.ae_title)
        entity.require_called_aet, entity.require_calling_aet = True, list(settings.callers)
        entity.maximum_associations, entity.maximum_pdu_size = limits.associations, MAX_PDU
        entity.acse_timeout = entity.dimse_timeout = limits.seconds
        entity.network_timeout = limits.idle_seconds
        entity.add_supported_context(Verification)
        for sop_class in SOP_CLASSES:
            entity.add_supported_context(sop_class, AllTransferSyntaxes)
        try:
            server: Any = entity.make_server(
                (settings.host.strip("[]"), settings.port),
                ssl_context=settings.context,
                evt_handlers=self._handlers(),
                server_class=BoundedServer,
            )
        except (OSError, OverflowError) as error:
            raise DicomNodeError(
                f"Can't listen for DICOM on port {settings.port} of {settings.host} ({error}). "
                "Choose another --port or --host."
            ) from error
        server.pdu_seconds = limits.seconds
        entity._servers.append(server)  # as AE.start_server does; its shutdown needs it
        self.port, self._server = int(server.server_address[1]), server
        self._thread = threading.Thread(target=server.serve_forever, name="scp", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it takes connections."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self, grace: float) -> None:
        """Takes no more associations, and lets those under way end."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            wait_for_end(server, grace)
            self._receive_into(None)

    def _receive_into(self, folder: Path | None) -> None:
        """Sets what pynetdicom takes from the process: objects are received into files, and where.

        It knows no other way; what else of the process makes temporary files makes them there, too.
        """
        _config.STORE_RECV_CHUNKED_DATASET = folder is not None
        _config.LOG_HANDLER_LEVEL = "standard" if folder is None else "none"
        tempfile.tempdir = None if folder is None else str(folder)

    # === Events ===

    def _handlers(self) -> list[Any]:
        return [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_PDU_RECV, self._count),
            (evt.EVT_ACCEPTED, self._note_contexts),
            (evt.EVT_REJECTED, self._note_rejected),
            (evt.EVT_ABORTED, self._note_aborted),
        ]

    def _store(self, event: Any) -> int:
        caller = event.assoc.requestor.ae_title
        try:
            self._intake.take(event.dataset_path, "C-STORE", caller)
        except SpoolFullError as error:
            log.error("an object of %s was not taken: %s", caller, error)
            return OUT_OF_RESOURCES
        except OSError:
            log.exception("an object of %s was not taken", caller)
            return OUT_OF_RESOURCES
        except RefusedError:
            return CANNOT_UNDERSTAND
        return SUCCESS

    def _count(self, event: Any) -> None:
        """Ends an association that sends too large an object: its file would grow."""
        limit = self._settings.limits.object_bytes
        for item in getattr(event.pdu, "presentation_data_value_items", None) or ():
            data = item.presentation_data_value
            is_command = data[0] & 1
            size = 0 if is_command else getattr(event.assoc, "medtfx_bytes", 0) + len(data)
            event.assoc.medtfx_bytes = size
            if size > limit:
                self._refuse(event, f"an object of more than {limit} bytes", "too large")
                event.assoc.abort()
                return

    def _note_contexts(self, event: Any) -> None:
        """Notes what is not taken; many a PACS proposes all that it knows each time."""
        refused = {UID(one.abstract_syntax).name for one in event.assoc.rejected_contexts}
        if not refused:
            return
        names = ", ".join(sorted(refused)[:_NAMED])
        more = f" and {len(refused) - _NAMED} others" if len(refused) > _NAMED else ""
        what = f"{names}{more}: no such objects are taken"
        caller = event.assoc.requestor.ae_title
        if {one.abstract_syntax for one in event.assoc.accepted_contexts} <= {Verification}:
            self._refuse(event, what, "foreign SOP class")
        elif caller not in self._told:
            self._told.add(caller)
            log.info("to %r, once: %s", caller, what)

    def _note_rejected(self, event: Any) -> None:
        called = getattr(event.assoc.requestor.primitive, "called_ae_title", "")
        self._refuse(event, f"an association that calls {called!r}", "association rejected")

    def _note_aborted(self, event: Any) -> None:
        self._refuse(event, "an association that was aborted", "association aborted")

    def _refuse(self, event: Any, what: str, kind: str) -> None:
        requestor = event.assoc.requestor
        self._intake.metrics.failures.add(kind)
        log.warning("refused from %r at %s: %s", requestor.ae_title, requestor.address, what)
