"""Sends objects to the PACS, by C-STORE or STOW-RS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.association import Association

from components.recipe.dicom import Destination
from serving.dicom.errors import PacsAwayError

_SECONDS = 30.0
_WARNINGS = (0xB000, 0xB006, 0xB007)  # stored, with changes or doubts
_FULL = range(0xA700, 0xA800)  # out of resources: later, perhaps


@dataclass(frozen=True)
class Outcome:
    """What the PACS said to one object.

    Attributes:
        file: of the object.
        refusal: why it does not take it; None where it did.
    """

    file: Path
    refusal: str | None


class Sender(Protocol):
    """Sends objects."""

    def send(self, files: Sequence[Path]) -> Iterator[Outcome]:
        """Sends DICOM files one after the other, and yields what the PACS said.

        Raises:
            PacsAwayError: it can't be reached, or has no room now; what was not yielded is not
                sent.
        """
        ...


@dataclass(frozen=True)
class StoreSender:
    """Sends by C-STORE.

    Attributes:
        destination: the PACS.
        ae_title: of this node.
        context: for TLS; None for plain text.
    """

    destination: Destination
    ae_title: str
    context: ssl.SSLContext | None = None

    def send(self, files: Sequence[Path]) -> Iterator[Outcome]:
        """As `Sender.send`."""
        objects = [dcmread(file) for file in files]
        association = self._associate(objects)
        try:
            for file, one in zip(files, objects, strict=True):
                yield Outcome(file, _store(association, one))
        finally:
            if association.is_established:
                association.release()
            else:
                association.kill()

    def _associate(self, objects: Sequence[Dataset]) -> Association:
        entity, to = AE(self.ae_title), self.destination
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _SECONDS
        entity.connection_timeout = _SECONDS
        kinds = {(str(one.SOPClassUID), str(one.file_meta.TransferSyntaxUID)) for one in objects}
        for sop_class, syntax in sorted(kinds):
            entity.add_requested_context(sop_class, syntax)
        host, title = to.host or "", to.ae_title or ""
        tls = None if self.context is None else (self.context, host)
        association = entity.associate(host, to.port, ae_title=title, tls_args=tls)
        if association.is_established:
            return association
        where = f"{title} at {host}:{to.port}"
        if association.is_rejected:
            answer = association.acceptor.primitive
            reason = getattr(answer, "reason_str", "no reason given")
            raise PacsAwayError(f"{where} rejects the association: {reason}", "pacs rejects")
        raise PacsAwayError(f"{where} can't be reached, or aborts the association")


def _store(association: Association, one: Dataset) -> str | None:
    """Returns why the PACS does not take an object; None where it did.

    Raises:
        PacsAwayError: it takes nothing now.
    """
    try:
        status = association.send_c_store(one)
    except ValueError as error:  # no accepted presentation context
        return f"the PACS does not take this SOP class: {error}"
    except RuntimeError as error:
        raise PacsAwayError(f"the association ended ({error})", about_one=True) from error
    code = status.get("Status")
    if code is None:
        raise PacsAwayError("the association ended without a response", about_one=True)
    if code in _FULL:
        raise PacsAwayError(f"the PACS is out of resources (status 0x{code:04X})")
    if code == 0 or code in _WARNINGS:
        return None
    comment = status.get("ErrorComment", "")
    return f"the PACS refused it with status 0x{code:04X} {comment}".rstrip()


@dataclass(frozen=True)
class StowSender:
    """Sends by STOW-RS.

    Attributes:
        url: of the DICOMweb service.
        token: as a bearer token, or None.
        verify: file of the authorities for https; None for the public ones.
    """

    url: str
    token: str | None = None
    verify: Path | None = None

    def send(self, files: Sequence[Path]) -> Iterator[Outcome]:
        """As `Sender.send`."""
        session = requests.Session()
        if self.verify is not None:
            session.verify = str(self.verify)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        client = DICOMwebClient(self.url, session=session, headers=headers)
        client.set_http_retry_params(retry=False)
        with session:
            for file in files:
                yield Outcome(file, self._store(client, dcmread(file)))

    def _store(self, client: DICOMwebClient, one: Dataset) -> str | None:
        try:
            response = client.store_instances([one])
        except requests.HTTPError as error:
            code = error.response.status_code if error.response is not None else 500
            if code in (401, 403, 404, 408, 429) or code >= 500:
                kind = "pacs rejects" if code < 500 else "pacs away"
                about_one = code >= 500
                raise PacsAwayError(f"{self.url} answers {code}", kind, about_one) from error
            return f"the PACS refused it with HTTP status {code}: {error}"
        except requests.RequestException as error:
            raise PacsAwayError(f"{self.url} can't be reached ({error})") from error
        failed = response.get("FailedSOPSequence")
        if failed:
            return f"the PACS refused it with failure reason {failed[0].get('FailureReason')}"
        return None
