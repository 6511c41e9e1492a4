"""What can go wrong when a model is monitored."""

from components.runtime.errors import MedtfxError


class MonitorError(MedtfxError):
    """The model, its log and its labels do not fit together."""
