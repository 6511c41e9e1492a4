"""What can go wrong when a model is evaluated elsewhere, beside listing and scoring."""

from components.runtime.errors import MedtfxError


class ExternalError(MedtfxError):
    """The model, its recipe and the folder do not fit together."""
