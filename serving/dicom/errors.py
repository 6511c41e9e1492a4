"""What can go wrong with a PACS and its images.

MedtfxError
├── DicomNodeError   the node can't start as it was asked to
├── FetchError       images can't be fetched from a PACS
└── ReportError      no report can be made of the images of a study
"""

from components.runtime.errors import MedtfxError


class DicomNodeError(MedtfxError):
    """The node can't start: its spool, an address, a certificate or the recipe."""


class FetchError(MedtfxError):
    """Images can't be fetched from a PACS."""


class ReportError(MedtfxError):
    """No report can be made of the images of a study."""


class PacsAwayError(Exception):
    """The PACS can't be reached now: what is sent waits and is sent again.

    Attributes:
        kind: of the failure, one word or two, for the metrics.
        about_one: whether it went away while it was sent one object, which may be the reason.
    """

    def __init__(self, reason: str, kind: str = "pacs away", about_one: bool = False) -> None:
        super().__init__(reason)
        self.kind, self.about_one = kind, about_one


class RefusedError(Exception):
    """What was received can't be taken; the message says why."""


class SpoolFullError(Exception):
    """The disk of the spool is full, or nearly so: the sender has to try again."""
