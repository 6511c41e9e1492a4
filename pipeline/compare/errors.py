"""Errors of a comparison."""

from components.runtime.errors import MedtfxError


class CompareError(MedtfxError):
    """The recipes can't be compared, or none of them could be trained."""
