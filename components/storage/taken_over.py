"""Files of an earlier artifact that a node takes over: nothing that they come from has changed.

A node that writes a file for each shard notes, in `shards.json` of its artifact, how it worked and
what each file comes from. Its next run looks there, beside its own folder, and works on the rest
alone. The result is that of a run without an earlier one, which the two may share files with; so ML
Metadata names no earlier artifact as an input.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from tfx.dsl.io import fileio

from components.storage.files import is_remote

_NOTES = "shards.json"


@dataclass(frozen=True)
class Notes:
    """What an artifact says of its files.

    Attributes:
        uri: of the artifact.
        origins: name of a file → where its content was made first. Equal origins, equal content.
    """

    uri: str
    origins: Mapping[str, str]


def write_notes(uri: str, identity: str, origins: Mapping[str, str]) -> None:
    """Writes the notes of an artifact, when all its files are written.

    Args:
        uri: of the artifact.
        identity: digest of all that the content depends on beside the origins.
        origins: see `Notes`.
    """
    with fileio.open(os.path.join(uri, _NOTES), "w") as file:
        file.write(json.dumps({"identity": identity, "origins": dict(origins)}))


def read_origins(uri: str) -> dict[str, str]:
    """Returns the origins in an artifact; {} where it has no notes."""
    notes = _read(uri)
    return dict(notes["origins"]) if notes else {}


def earlier(uri: str, identity: str) -> Notes | None:
    """Returns the latest artifact of the same node that was made in the same way.

    Args:
        uri: of the artifact to write, `<node>/<output>/<number of the execution>`.
        identity: see `write_notes`.
    """
    folder, own = os.path.split(uri.rstrip("/"))
    if not own.isdigit() or not fileio.exists(folder):
        return None
    names = [name.rstrip("/") for name in fileio.listdir(folder)]
    for name in sorted((n for n in names if n.isdigit() and n != own), key=int, reverse=True):
        found = _read(os.path.join(folder, name))
        if found and found["identity"] == identity:
            return Notes(os.path.join(folder, name), found["origins"])
    return None


def take_over(source: str, target: str) -> None:
    """Makes a file of a finished artifact available in another one.

    A hard link where the disk has these, as neither is ever written again; else a copy, which
    object storage makes without sending the content here.
    """
    if fileio.exists(target):  # of an attempt that was lost
        fileio.remove(target)
    if not is_remote(source) and not is_remote(target):
        try:
            os.link(source, target)
            return
        except OSError:  # other disks, or a file system without links
            pass
    fileio.copy(source, target)


def _read(uri: str) -> dict | None:
    path = os.path.join(uri, _NOTES)
    if not fileio.exists(path):
        return None
    with fileio.open(path, "r") as file:
        return json.loads(file.read())
