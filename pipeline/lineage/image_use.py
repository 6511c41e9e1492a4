"""Finds how a version used an image: trained on it, tested on it, or left it out."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from components.imaging.quarantine import FILE_NAME, from_csv
from components.storage.files import read_bytes
from pipeline.lineage.model import ImageUse, Lineage
from pipeline.metadata.graph import LineageError


def find_image(lineage: Lineage, name: str) -> list[ImageUse]:
    """Finds a file among the images of a version and in its quarantine list.

    Args:
        lineage: of the version.
        name: path below the data folder, or its last parts: a file name finds all of that name.

    Raises:
        LineageError: there was no such file, or the images are gone.
    """
    wanted = PurePosixPath(name).parts
    if lineage.data["folder"] and name.startswith(lineage.data["folder"]):
        wanted = PurePosixPath(name).relative_to(lineage.data["folder"]).parts
    found = [
        ImageUse(file, split)
        for split, file in _files(lineage)
        if PurePosixPath(file).parts[-len(wanted) :] == wanted
    ]
    quarantine = from_csv(read_bytes(lineage.quarantine_uri, FILE_NAME).decode())
    found += [
        ImageUse(item.file, None, f"{item.reason}, {item.detail}".rstrip(", "))
        for item in quarantine
        if PurePosixPath(item.file).parts[-len(wanted) :] == wanted
    ]
    if not found:
        raise LineageError(
            f"{lineage.model}/{lineage.version} used no file {name!r}: it was not in "
            f"{lineage.data['folder']} at that time, or had another name. Give its path below that "
            "folder, or its name."
        )
    return found


def _files(lineage: Lineage) -> Iterator[tuple[str, str]]:
    """Yields (split, file) of every image that was read."""
    import tensorflow as tf

    from components.storage.examples import records

    paths = sorted(tf.io.gfile.glob(f"{lineage.examples_uri}/Split-*/*.gz"))
    if not paths:
        raise LineageError(
            f"The images of this version are gone: there are none in {lineage.examples_uri}."
        )
    described = {"filename": tf.io.FixedLenFeature([], tf.string)}
    for path in paths:
        split = PurePosixPath(path).parent.name.removeprefix("Split-")
        for record in records([path]).batch(64):
            for name in tf.io.parse_example(record, described)["filename"].numpy():
                yield split, name.decode(errors="replace")
