"""The training ledger: what the last finished training saw, in a file beside its artifacts.

The next run finds it there, on this machine or another one: on a disk, or at gs:// or s3://.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from components.runtime.errors import MedtfxError
from components.storage import remote_file
from components.storage.atomic_write import write_atomically
from components.storage.files import is_remote
from pipeline.retraining.training_data import TrainingData

FILE_NAME = "trained.json"
_FORMAT = 1


class LedgerError(MedtfxError):
    """The ledger exists but can't be read, or it can't be written."""


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        data: what it saw.
        finished: when, e.g. `2026-11-21 02:40 UTC`.
        blessed: whether its model was; a model that was not blessed has seen the data too.
        sentence: the verdict in words.
    """

    data: TrainingData
    finished: str
    blessed: bool
    sentence: str


class Ledger:
    """The ledger of one pipeline.

    A run whose nodes are separate processes first stages what it sees, and confirms it at its end:
    what an interrupted run saw does not count.

    Args:
        folder: a path, gs:// or s3://; see `PipelinePaths.pipeline_root`.
    """

    def __init__(self, folder: str):
        self._folder = folder.rstrip("/")

    @property
    def address(self) -> str:
        """Path or address of the file."""
        return f"{self._folder}/{FILE_NAME}"

    def read(self) -> Trained | None:
        """Returns the last training; None if there was none.

        Raises:
            LedgerError: the file is broken, of another version of medtfx, or can't be reached.
        """
        values = _read(self.address)
        if values is None:
            return None
        try:
            if values.pop("format") != _FORMAT:
                raise LedgerError(f"the ledger {self.address} is of another version of medtfx.")
            data = TrainingData.of_plain(values.pop("data"))
            return Trained(data, **values)
        except (KeyError, TypeError, AttributeError):
            raise LedgerError(f"the ledger {self.address} is broken.") from None

    def write(self, data: TrainingData, *, blessed: bool, sentence: str) -> None:
        """Records a training that has just finished.

        Raises:
            LedgerError: it can't be written.
        """
        values = {
            "format": _FORMAT,
            "finished": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "blessed": blessed,
            "sentence": sentence,
            "data": data.plain(),
        }
        _write(self.address, values)

    def stage(self, run_id: str, data: TrainingData) -> None:
        """Keeps what a run sees until `confirm`.

        Raises:
            LedgerError: it can't be written.
        """
        _write(self._staged(run_id), data.plain())

    def is_staged(self, run_id: str) -> bool:
        """Returns whether data of the run are staged and not confirmed yet.

        Raises:
            LedgerError: it can't be read.
        """
        return _read(self._staged(run_id)) is not None

    def staged(self, run_id: str) -> TrainingData:
        """Returns what a run saw that is not confirmed yet.

        Raises:
            LedgerError: nothing was staged under that id, or it can't be read.
        """
        values = _read(self._staged(run_id))
        if values is None:
            raise LedgerError(
                f"{self._staged(run_id)} is missing: run {run_id} has not staged its data."
            )
        return TrainingData.of_plain(values)

    def confirm(self, run_id: str, *, blessed: bool, sentence: str) -> None:
        """Records the run whose data were staged.

        Raises:
            LedgerError: nothing was staged under that id, or the ledger can't be written.
        """
        self.write(self.staged(run_id), blessed=blessed, sentence=sentence)
        _delete(self._staged(run_id))

    def _staged(self, run_id: str) -> str:
        return f"{self._folder}/training-{run_id}.json"


def _read(address: str) -> dict[str, Any] | None:
    """Returns the values of a JSON file; None if it does not exist."""
    try:
        content = remote_file.read(address) if is_remote(address) else Path(address).read_bytes()
        values = json.loads(content)
    except FileNotFoundError:
        return None
    except ValueError:
        raise LedgerError(f"the ledger {address} is broken.") from None
    except OSError as error:
        raise LedgerError(f"the ledger {address} can't be read: {error}") from None
    return values if isinstance(values, dict) else {}


def _write(address: str, values: dict[str, Any]) -> None:
    content = json.dumps(values, indent=1, sort_keys=True).encode()
    try:
        if is_remote(address):
            remote_file.write(address, content)
            return
        path = Path(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except (OSError, ValueError) as error:
        raise LedgerError(f"The ledger {address} can't be written: {error}") from None


def _delete(address: str) -> None:
    if is_remote(address):
        remote_file.delete(address)
    else:
        Path(address).unlink(missing_ok=True)
