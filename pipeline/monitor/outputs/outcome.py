"""All that a run of the monitor found."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.monitor.findings import Monitored
from pipeline.monitor.labels.labels import Matched
from pipeline.monitor.labels.truth import Truth
from pipeline.monitor.outputs import words
from pipeline.monitor.shadow import Shadowed


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    Attributes:
        model: name.
        version: number.
        folder: of the version.
        found: by the checks.
        truth: what the labels say; None without labels.
        matched: the predictions with a label; None without labels.
        shadow: what a second version predicted for the same images; None without one.
    """

    model: str
    version: int
    folder: Path
    found: Monitored
    truth: Truth | None = None
    matched: Matched | None = None
    shadow: Shadowed | None = None

    @property
    def title(self) -> str:
        """Model and version."""
        return f"{self.model}/{self.version}"

    @property
    def alarm(self) -> bool:
        """Whether a check raised an alarm, or a recall is below its floor for certain."""
        return bool(self.found.alarms) or bool(self.truth and self.truth.below)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        return words.sentence(self.found, self.truth)

    @property
    def reason(self) -> str:
        """Why a training is started after an alarm, in words."""
        span = self.found.settings
        return (
            f"medtfx monitor of {self.title}, {span.since:%Y-%m-%d %H:%M} to "
            f"{span.until:%Y-%m-%d %H:%M} UTC: {self.sentence}"
        )
