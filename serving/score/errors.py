"""What can go wrong when a folder is scored, beside the server's own errors."""

from components.runtime.errors import MedtfxError


class ScoreError(MedtfxError):
    """The folder, the CSV or the model is not one that can be scored, written or asked."""
