"""A PACS over DICOMweb: QIDO-RS finds, WADO-RS sends (PS3.18)."""

from collections.abc import Mapping
from typing import Any

import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset

from components.imaging.quiet import quiet
from serving.dicom.fetch.archive import ArchiveError, Instance, Query, Receive
from serving.protocol.tls import Tls

_AS_STORED = (("application/dicom", "*"),)  # in whatever transfer syntax the PACS has it
_GONE = (404, 406, 410)
_WORDS = {  # the first that fits
    requests.exceptions.SSLError: "its certificate is not trusted, or it does not speak TLS",
    requests.Timeout: "it did not answer in time",
    requests.ConnectionError: "nothing answers at its address, or it broke off",
}
_SOP_CLASS, _SOP_INSTANCE, _SERIES, _STUDY = "00080016", "00080018", "0020000E", "0020000D"
_ACCESSION = "00080050"


class DicomWebArchive:
    """A PACS over DICOMweb.

    Args:
        url: of its DICOMweb services, such as http://pacs/dicom-web.
        token: bearer token, if it asks for one.
        tls: the authorities and the client's certificate of https; None for the public ones.
        timeout: seconds without an answer after which it counts as away.
    """

    def __init__(self, url: str, token: str | None, tls: Tls | None, timeout: float) -> None:
        session = requests.Session()
        if tls is not None and tls.root_certificates is not None:
            session.verify = str(tls.root_certificates)
        if tls is not None and tls.certificate is not None:
            session.cert = (str(tls.certificate), str(tls.key))
        headers = {"Authorization": f"Bearer {token}"} if token else None
        self._client = DICOMwebClient(url, session, headers=headers, timeout=timeout)
        # After 1 and 2 seconds; the next study, or the next run, asks again.
        self._client.set_http_retry_params(max_attempts=3, wait_exponential_multiplier=500)

    def find(self, accession: str, query: Query) -> list[Instance]:
        """See `Archive.find`."""
        found = []
        filters = {"AccessionNumber": accession, **query.study}
        for study in self._search("studies", filters):
            if _value(study, _ACCESSION) not in (accession, ""):
                continue
            uid = _value(study, _STUDY)
            for series in self._search("series", query.series, uid):
                found += self._instances(uid, _value(series, _SERIES))
        return found

    def retrieve(self, instances: list[Instance], receive: Receive) -> None:
        """See `Archive.retrieve`."""
        for instance in instances:
            with quiet():
                dataset = self._retrieve(instance)
            if dataset is not None:
                receive(dataset)

    def _retrieve(self, instance: Instance) -> Dataset | None:
        """Returns an image; None if it, and perhaps no other, can't be had."""
        try:
            return self._client.retrieve_instance(
                instance.study, instance.series, instance.uid, _AS_STORED
            )
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code in _GONE:
                return None
            raise ArchiveError(_reason(error)) from error
        except OSError as error:  # those of requests are, too
            raise ArchiveError(_reason(error)) from error
        except Exception:  # noqa: BLE001 - pydicom raises anything on broken bytes
            return None

    def _instances(self, study: str, series: str) -> list[Instance]:
        return [
            Instance(study, series, _value(one, _SOP_INSTANCE), _value(one, _SOP_CLASS))
            for one in self._search("instances", {}, study, series)
        ]

    def _search(self, level: str, filters: Mapping[str, str], *uids: str) -> list[dict[str, Any]]:
        search = getattr(self._client, f"search_for_{level}")
        try:
            return search(*uids, search_filters=dict(filters), get_remaining=True)
        except (OSError, ValueError) as error:
            raise ArchiveError(_reason(error)) from error


def _value(found: Mapping[str, Any], tag: str) -> str:
    values = Dataset.from_json({tag: found[tag]}) if tag in found else Dataset()
    return str(values[tag].value or "").strip() if tag in values else ""


def _reason(error: Exception) -> str:
    """In words of our own: those of the library quote the address, accession number and all."""
    response = getattr(error, "response", None)
    if response is not None and not response.ok:
        return f"it answered with HTTP status {response.status_code}"
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    return "it answered with something else than DICOMweb"
