"""STOW-RS: objects come over HTTP (PS3.18, 10.5)."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from serving.dicom.errors import RefusedError, SpoolFullError
from serving.dicom.receive.intake import Intake
from serving.dicom.receive.multipart import PartFiles, boundary_of

log = logging.getLogger(__name__)

_PARTS = 5000
_CANNOT_UNDERSTAND, _OUT_OF_RESOURCES = 0xC000, 0xA700  # Failure Reason (0008,1197)


@dataclass(frozen=True)
class StowService:
    """Stores what is posted to `/studies`.

    Attributes:
        intake: takes what is received.
        folder: for files while they are received, on the disk of the spool.
        object_bytes: of one object, at most.
        seconds: for a request.
    """

    intake: Intake
    folder: Path
    object_bytes: int
    seconds: float

    async def store(self, request: Request) -> Response:
        """Answers a POST: 200 if all objects are on the disk, 202 if some, 409 if none is."""
        sender = request.client.host if request.client else "unknown"
        try:
            self.intake.spool.check_space()
            boundary = boundary_of(request.headers.get("content-type", ""))
            parts = PartFiles(boundary, self.folder, self.object_bytes, _PARTS)
        except SpoolFullError as error:
            log.error("objects of %s were not taken: %s", sender, error)
            return Response(str(error), 503, {"Retry-After": "60"})
        except RefusedError as error:
            return self._refuse(415, sender, str(error))
        try:
            with anyio.fail_after(self.seconds):
                async for chunk in request.stream():
                    await run_in_threadpool(parts.write, chunk)
            if not parts.is_complete:
                return self._refuse(400, sender, "the body ends before its last boundary")
            study = request.path_params.get("study")
            return await run_in_threadpool(self._take, parts.files, sender, study)
        except RefusedError as error:
            return self._refuse(400, sender, str(error))
        except TimeoutError:
            return self._refuse(408, sender, f"a request arrives within {self.seconds:g} s")
        except ClientDisconnect:
            return self._refuse(400, sender, "the body ends before its last boundary")
        finally:
            parts.close()

    def _take(self, files: list[Path], sender: str, study: str | None) -> Response:
        stored: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for file in files:
            try:
                arrival = self.intake.take(file, "STOW-RS", sender, study)
            except RefusedError:
                failed.append({"00081197": {"vr": "US", "Value": [_CANNOT_UNDERSTAND]}})
            except (SpoolFullError, OSError) as error:
                log.error("an object of %s was not taken: %s", sender, error)
                failed.append({"00081197": {"vr": "US", "Value": [_OUT_OF_RESOURCES]}})
            else:
                stored.append(
                    {
                        "00081150": {"vr": "UI", "Value": [arrival.sop_class]},
                        "00081155": {"vr": "UI", "Value": [arrival.sop_uid]},
                    }
                )
        status = 200 if not failed else 202 if stored else 409
        body = {"00081198": failed, "00081199": stored}
        text = json.dumps({tag: {"vr": "SQ", "Value": v} for tag, v in body.items() if v})
        return Response(text, status, media_type="application/dicom+json")

    def _refuse(self, status: int, sender: str, reason: str) -> Response:
        self.intake.metrics.failures.add("stow refused")
        log.warning("refused from %s: %s", sender, reason)
        return Response(reason, status, media_type="text/plain")
