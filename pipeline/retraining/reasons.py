"""Why trainings were started by a program: the alarm of the monitor, for the lineage.

One JSON object a line in `reasons.jsonl`, beside the artifacts of all recipes.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from components.runtime.errors import MedtfxError
from components.storage.shared_lines import append_shared, read_shared

FILE_NAME = "reasons.jsonl"


class ReasonsError(MedtfxError):
    """The file of reasons can't be read or written."""


@dataclass(frozen=True)
class Reason:
    """Why a run trained.

    Attributes:
        run: its id.
        at: time of its start in UTC, ISO 8601.
        text: the reason in words.
    """

    run: str
    at: str
    text: str


class Reasons:
    """The reasons of one root.

    Args:
        folder: of the artifacts: a path, gs:// or s3://; see `PipelinePaths.artifacts`.
    """

    def __init__(self, folder: str):
        self.address = f"{folder.rstrip('/')}/{FILE_NAME}"

    def add(self, run: str, text: str) -> None:
        """Records the reason of a run; does nothing if it is recorded already.

        Raises:
            ReasonsError: it can't be written.
        """
        if self.of((run,)):
            return
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        try:
            append_shared(self.address, asdict(Reason(run, at, text)))
        except (OSError, ValueError) as error:
            raise ReasonsError(
                f"The reason of a run can't be written to {self.address}: {error}"
            ) from None

    def of(self, runs: Collection[str]) -> tuple[Reason, ...]:
        """Returns the reasons of some runs, the oldest first.

        Raises:
            ReasonsError: the file is broken, or can't be reached.
        """
        try:
            every = [Reason(**values) for values in read_shared(self.address)]
        except (ValueError, TypeError):
            raise ReasonsError(
                f"The file {self.address} is broken: restore it, or move it."
            ) from None
        except OSError as error:
            raise ReasonsError(f"The file {self.address} can't be read: {error}") from None
        return tuple(one for one in every if one.run in runs)
