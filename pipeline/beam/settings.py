"""The variables of the environment about engines of Beam, checked before a run."""

import math

from components.runtime.environment import BEAM_PATIENCE, BEAM_POOL_CHECK
from pipeline.beam.errors import BeamError

_DEFAULT_PATIENCE = "30"


def patience_minutes() -> float:
    """Returns how long an engine may stand still; 0: without a limit.

    Raises:
        BeamError: it is no number of minutes.
    """
    text = BEAM_PATIENCE.get() or _DEFAULT_PATIENCE
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes < math.inf:
        raise BeamError(f"{BEAM_PATIENCE} must be a number of minutes, or 0. Received: {text!r}")
    return minutes


def asks_pool() -> bool:
    """Returns whether the pool of workers is asked before a run.

    Raises:
        BeamError: the variable has an unknown value.
    """
    text = BEAM_POOL_CHECK.get()
    if text not in ("", "off"):
        raise BeamError(f"{BEAM_POOL_CHECK} may be `off`, or not be set. Received: {text!r}")
    return not text
