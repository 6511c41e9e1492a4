"""A PACS over DIMSE: C-FIND finds, C-GET or C-MOVE has images sent (PS3.4, annex C)."""

import io
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

from pydicom import Dataset, dcmread, uid
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context, build_role
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from components.imaging.quiet import quiet
from serving.dicom.fetch.archive import ArchiveError, Instance, Query, Receive

_SUCCESS, _UNPROCESSABLE = 0x0000, 0xC000
_PENDING = (0xFF00, 0xFF01)
_SYNTAXES = [
    uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless,
    uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000, uid.RLELossless,
    uid.DeflatedExplicitVRLittleEndian,
]  # fmt: skip
_MOST_CONTEXTS = 127  # of an association: 128 (PS3.8, 9.3.2.2), and one for C-GET itself
_MOST_IMAGES = 100  # of one request: the list of their UIDs has to fit into it
# Where the PACS does not say of which class its images are.
_USUAL_CLASSES = (
    uid.ComputedRadiographyImageStorage, uid.DigitalXRayImageStorageForPresentation,
    uid.DigitalMammographyXRayImageStorageForPresentation, uid.CTImageStorage,
    uid.MRImageStorage, uid.UltrasoundImageStorage, uid.VLPhotographicImageStorage,
    uid.OphthalmicPhotography8BitImageStorage, uid.XRayAngiographicImageStorage,
    uid.SecondaryCaptureImageStorage,
)  # fmt: skip


@dataclass(frozen=True)
class Node:
    """The PACS, and who asks it.

    Attributes:
        title: AE title of the PACS.
        host: its name or address.
        port: its port.
        own_title: AE title of medtfx, which the PACS has to know.
        move_port: port on which images arrive by C-MOVE; None to have them sent by C-GET.
        tls: of the connection; None for plain text. What arrives by C-MOVE is not encrypted.
        timeout: seconds without an answer after which the PACS counts as away.
    """

    title: str
    host: str
    port: int
    own_title: str
    move_port: int | None
    tls: SSLContext | None
    timeout: float


class DimseArchive:
    """A PACS over DIMSE."""

    def __init__(self, node: Node) -> None:
        self._node = node

    # === C-FIND ===

    def find(self, accession: str, query: Query) -> list[Instance]:
        """See `Archive.find`."""
        found = []
        with self._association(StudyRootQueryRetrieveInformationModelFind) as association:
            keys = {"AccessionNumber": accession, **query.study}
            for study in _matches(association, "STUDY", keys, "StudyInstanceUID"):
                if str(study.get("AccessionNumber", accession)).strip() not in (accession, ""):
                    continue
                keys = {"StudyInstanceUID": study.StudyInstanceUID, **query.series}
                for series in _matches(association, "SERIES", keys, "SeriesInstanceUID"):
                    found += _images(association, study, series)
        return found

    # === C-GET and C-MOVE ===

    def retrieve(self, instances: list[Instance], receive: Receive) -> None:
        """See `Archive.retrieve`."""
        with quiet():
            for batch in _batches(instances):
                if self._node.move_port is None:
                    self._get(batch, receive)
                else:
                    self._move(batch, receive, self._node.move_port)

    def _get(self, batch: list[Instance], receive: Receive) -> None:
        classes = sorted({one.sop_class for one in batch if one.sop_class}) or _USUAL_CLASSES
        # A context for each syntax: with several in one, the PACS would have to choose, and could
        # not send what it has in another.
        contexts = [build_context(name, syntax) for name in classes for syntax in _SYNTAXES]
        model = StudyRootQueryRetrieveInformationModelGet
        roles = [build_role(name, scp_role=True) for name in classes]
        with self._association(model, contexts, roles, receive) as association:
            _wait(association.send_c_get(_wanted(batch), model))

    def _move(self, batch: list[Instance], receive: Receive, port: int) -> None:
        node = self._node
        entity = AE(node.own_title)
        entity.supported_contexts = [
            build_context(context.abstract_syntax or "", list(_SYNTAXES))
            for context in AllStoragePresentationContexts
        ]
        entity.require_called_aet = True
        try:
            server = entity.start_server(
                ("", port), block=False, evt_handlers=[(evt.EVT_C_STORE, _handler(receive))]
            )
        except OSError as error:
            raise ArchiveError(f"port {port} for C-MOVE can't be opened: {error}") from error
        assert server is not None  # it does not block
        try:
            model = StudyRootQueryRetrieveInformationModelMove
            with self._association(model) as association:
                _wait(association.send_c_move(_wanted(batch), node.own_title, model))
        finally:
            server.shutdown()

    @contextmanager
    def _association(
        self,
        model: uid.UID,
        contexts: list[Any] | None = None,
        roles: list[Any] | None = None,
        receive: Receive | None = None,
    ) -> Iterator[Association]:
        node = self._node
        entity = AE(node.own_title)
        entity.acse_timeout = entity.connection_timeout = node.timeout
        entity.dimse_timeout = entity.network_timeout = node.timeout
        association = entity.associate(
            node.host,
            node.port,
            contexts=[build_context(model), *(contexts or [])],
            ae_title=node.title,
            ext_neg=roles,
            evt_handlers=[
                (evt.EVT_CONN_OPEN, _send_at_once),
                *([(evt.EVT_C_STORE, _handler(receive))] if receive else []),
            ],
            tls_args=(node.tls, node.host) if node.tls else None,
        )
        if not association.is_established:
            raise ArchiveError(_refusal(association, node, model))
        try:
            if not any(one.abstract_syntax == model for one in association.accepted_contexts):
                raise ArchiveError(_not_offered(model))
            yield association
        finally:
            if association.is_established:
                association.release()


def _send_at_once(event: evt.Event) -> None:
    """Without Nagle's algorithm, which waits 40 ms for an acknowledgement in each message."""
    connection = event.assoc.dul.socket
    if connection is not None and connection.socket is not None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _not_offered(model: uid.UID) -> str:
    return f"it does not offer {uid.UID(model).name}"


def _refusal(association: Association, node: Node, model: uid.UID) -> str:
    if association.rejected_contexts:
        return _not_offered(model)
    if association.is_rejected:
        return (
            f"it rejected the association of {node.own_title} with {node.title}: make both AE "
            "titles known to it"
        )
    return f"nothing answers at {node.host}:{node.port}, or it broke off"


def _matches(
    association: Association, level: str, keys: Mapping[str, str], *returned: str
) -> list[Dataset]:
    identifier = Dataset()
    if not "".join(keys.values()).isascii():
        identifier.SpecificCharacterSet = "ISO_IR 192"
    identifier.QueryRetrieveLevel = level
    for keyword in returned:
        setattr(identifier, keyword, "")
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    found = []
    model = StudyRootQueryRetrieveInformationModelFind
    for status, match in association.send_c_find(identifier, model):
        code = status.get("Status")
        if code in _PENDING and match is not None:
            found.append(match)
        elif code not in (*_PENDING, _SUCCESS):
            raise ArchiveError(_status("C-FIND", status))
    return found


def _images(association: Association, study: Dataset, series: Dataset) -> list[Instance]:
    keys = {
        "StudyInstanceUID": study.StudyInstanceUID,
        "SeriesInstanceUID": series.SeriesInstanceUID,
    }
    returned = ("SOPInstanceUID", "SOPClassUID")
    return [
        Instance(
            keys["StudyInstanceUID"],
            keys["SeriesInstanceUID"],
            str(one.SOPInstanceUID),
            str(one.get("SOPClassUID") or ""),
        )
        for one in _matches(association, "IMAGE", keys, *returned)
    ]


def _batches(instances: list[Instance]) -> Iterator[list[Instance]]:
    """Images of one series and few classes, so that their contexts fit into one association."""
    most_classes = _MOST_CONTEXTS // len(_SYNTAXES)
    batch: list[Instance] = []
    for one in sorted(instances, key=lambda one: (one.series, one.sop_class, one.uid)):
        classes = {other.sop_class for other in [*batch, one]}
        if batch and (
            one.series != batch[0].series
            or len(classes) > most_classes
            or len(batch) >= _MOST_IMAGES
        ):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _wanted(batch: list[Instance]) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "IMAGE"
    identifier.StudyInstanceUID = batch[0].study
    identifier.SeriesInstanceUID = batch[0].series
    identifier.SOPInstanceUID = [one.uid for one in batch]
    return identifier


def _handler(receive: Receive) -> Callable[[evt.Event], int]:
    def store(event: evt.Event) -> int:
        try:
            dataset = dcmread(io.BytesIO(event.encoded_dataset()), force=True)
        except Exception:  # noqa: BLE001 - pydicom raises anything on broken bytes
            return _UNPROCESSABLE
        receive(dataset)
        return _SUCCESS

    return store


def _wait(responses: Iterator[tuple[Dataset, Dataset | None]]) -> None:
    """Waits for the last response; a failure of some images shows in what has come."""
    status = Dataset()
    for status, _ in responses:  # noqa: B007 - the last one counts
        pass
    code = status.get("Status")
    if code is None or (code >> 12) in (0xA, 0xC):
        raise ArchiveError(_status("the retrieval", status))


def _status(what: str, status: Dataset) -> str:
    code = status.get("Status")
    if code is None:
        return f"{what} was broken off, as a PACS does that does not let this AE title ask"
    comment = str(status.get("ErrorComment") or "")
    return f"{what} failed with status {code:04X}{f': {comment}' if comment else ''}"
