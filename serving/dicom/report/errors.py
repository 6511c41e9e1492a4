"""The error of reports."""

from components.runtime.errors import MedtfxError


class ReportError(MedtfxError):
    """No report can be made of the images of a study."""
