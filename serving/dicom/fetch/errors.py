"""The error of fetching images."""

from components.runtime.errors import MedtfxError


class FetchError(MedtfxError):
    """Images can't be fetched from a PACS."""
