"""A file of JSON lines on a disk or in object storage, that several programs add to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.storage import remote_file
from components.storage.append_log import append_json
from components.storage.files import is_remote


def read_shared(address: str) -> list[Any]:
    """Returns the values of each line, the oldest first; [] where there is no file.

    Raises:
        ValueError: a line is no JSON.
        OSError: the file can't be read.
    """
    return [json.loads(line) for line in _content(address).splitlines()]


def append_shared(address: str, values: Mapping[str, Any]) -> None:
    """Adds a line.

    Raises:
        OSError, ValueError: it can't be written.
    """
    if is_remote(address):  # where nothing can be added to a file
        line = json.dumps(values, ensure_ascii=False) + "\n"
        remote_file.write(address, (_content(address) + line).encode())
        return
    path = Path(address)
    path.parent.mkdir(parents=True, exist_ok=True)
    append_json(path, values)


def _content(address: str) -> str:
    try:
        if is_remote(address):
            return remote_file.read(address).decode()
        return Path(address).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
