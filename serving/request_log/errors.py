"""What can go wrong with a request log."""

from components.runtime.errors import MedtfxError


class RequestLogError(MedtfxError):
    """The request log can't be written or read."""
