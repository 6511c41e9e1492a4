"""What is asked of a PACS, whichever way it is reached."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword

from serving.dicom.errors import FetchError

# Keys that describe a series; all others describe a study or its patient (PS3.4, C.6.2).
_OF_SERIES = frozenset(
    {
        "BodyPartExamined", "Laterality", "Modality", "ProtocolName", "SeriesDescription",
        "SeriesInstanceUID", "SeriesNumber", "StationName", "Manufacturer", "ManufacturerModelName",
    }
)  # fmt: skip
Receive = Callable[[Dataset], None]


class ArchiveError(Exception):
    """The PACS can't be reached, or refuses. The text says why."""


@dataclass(frozen=True)
class Instance:
    """An image as the PACS lists it.

    Attributes:
        study: Study Instance UID.
        series: Series Instance UID.
        uid: SOP Instance UID.
        sop_class: SOP Class UID; '' where the PACS does not say.
    """

    study: str
    series: str
    uid: str
    sop_class: str


@dataclass(frozen=True)
class Query:
    """What is matched beside the accession number, by keyword.

    Attributes:
        study: keys of the study.
        series: keys of its series.
    """

    study: Mapping[str, str]
    series: Mapping[str, str]


class Archive(Protocol):
    """A PACS."""

    def find(self, accession: str, query: Query) -> list[Instance]:
        """Returns all images with an accession number; [] if there are none.

        Raises:
            ArchiveError: it can't be asked.
        """

    def retrieve(self, instances: list[Instance], receive: Receive) -> None:
        """Has images sent; each that comes is given to `receive`, in any order.

        Args:
            instances: of one study.
            receive: gets each dataset, with file meta information.

        Raises:
            ArchiveError: the PACS refuses, or the connection breaks; some may have come.
        """


def parse_query(texts: Iterable[str]) -> Query:
    """Reads keys such as `StudyDate=20260101-20260331` or `Modality=DX`.

    Raises:
        FetchError: one is no key of DICOM, or has no value.
    """
    keys: dict[bool, dict[str, str]] = {False: {}, True: {}}
    for text in texts:
        keyword, equals, value = (part.strip() for part in text.partition("="))
        tag = tag_for_keyword(keyword) if keyword else None
        if not equals or not value or tag is None or dictionary_VR(tag) == "SQ":
            raise FetchError(
                "--query takes a keyword of DICOM and its value, such as Modality=DX or "
                f"StudyDate=20260101-20260331. Received: {text!r}."
            )
        if keyword == "AccessionNumber":
            raise FetchError("Accession numbers come from --labels. Leave them out of --query.")
        keys[keyword in _OF_SERIES][keyword] = value
    return Query(keys[False], keys[True])
