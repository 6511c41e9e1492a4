"""The training ledger: what the last training that came to its end saw, beside the artifacts.

It lies where the next run finds it, on this machine or on another: on a disk, or in object storage
at gs:// or s3://.
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
    """The ledger is there and can't be read, or can't be written."""


@dataclass(frozen=True)
class Trained:
    """A training that came to its end.

    Attributes:
        data: what it saw.
        finished: when, e.g. `2026-11-21 02:40 UTC`.
        blessed: whether its model was; a refused model has seen the data too.
        sentence: its verdict in words.
    """

    data: TrainingData
    finished: str
    blessed: bool
    sentence: str


class Ledger:
    """The ledger of one pipeline.

    A run that may be interrupted between its nodes first holds what it sees, and confirms it when
    it has come to its end: what an interrupted run saw does not count.
    """

    def __init__(self, folder: str):
        """Takes the ledger in `folder`: a path, gs:// or s3://, usually `<artifacts>/<recipe>`."""
        self._folder = folder.rstrip("/")

    @property
    def address(self) -> str:
        """Where it lies."""
        return f"{self._folder}/{FILE_NAME}"

    def read(self) -> Trained | None:
        """Returns the last training; None if there was none.

        Raises:
            LedgerError: the file is broken, of another version of medtfx, or out of reach.
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
        """Records a training that has just come to its end.

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

    def hold(self, run_id: str, data: TrainingData) -> None:
        """Keeps what a run sees until `confirm`.

        Raises:
            LedgerError: it can't be written.
        """
        _write(self._held(run_id), data.plain())

    def holds(self, run_id: str) -> bool:
        """Whether something is held for the run and not confirmed yet.

        Raises:
            LedgerError: it can't be read.
        """
        return _read(self._held(run_id)) is not None

    def confirm(self, run_id: str, *, blessed: bool, sentence: str) -> None:
        """Records the run whose data were held.

        Raises:
            LedgerError: nothing was held under that id, or the ledger can't be written.
        """
        values = _read(self._held(run_id))
        if values is None:
            raise LedgerError(f"{self._held(run_id)} is missing: the run {run_id} held no data.")
        self.write(TrainingData.of_plain(values), blessed=blessed, sentence=sentence)
        _delete(self._held(run_id))

    def _held(self, run_id: str) -> str:
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
