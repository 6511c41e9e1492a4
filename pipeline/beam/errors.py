"""The errors of Beam's options, engines and workers, which a user can fix."""

from components.runtime.errors import MedtfxError


class BeamError(MedtfxError):
    """The options of Beam are not valid, or something that they need is missing."""


class EngineError(MedtfxError):
    """An engine, or a worker of it, failed; or the job could not be cancelled."""
