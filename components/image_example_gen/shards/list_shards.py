"""Lists the data folder into shards, with the workers of an engine if there is one.

Where each file can be judged alone, no process holds more than a part of the list: it is sorted on
disk, and each part is read from there by a worker, which looks into the files that it has to. Rules
that look at several images at once need the whole list in one process, a kilobyte an image; see
`judged_alone`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from components.image_example_gen.listing import folder_splits, splits
from components.image_example_gen.listing.classify import Found, check_folders
from components.image_example_gen.listing.listing import (
    check_any_image,
    check_metadata,
    check_not_empty,
    list_folders,
)
from components.image_example_gen.listing.patients import check_all_known
from components.image_example_gen.shards.parts import Rules, WritePart, read_found, write_listing
from components.image_example_gen.shards.runs import count_files, write_runs
from components.image_example_gen.shards.shards import Shards
from components.recipe.data import DataSection
from components.runtime.spread import spread
from components.storage import files
from components.storage.listed_once import walk_files


@dataclass(frozen=True)
class Listed:
    """What is to be read.

    Attributes:
        shards: whose parts are written.
        images: in all of them.
    """

    shards: Shards
    images: int


def list_shards(
    rules: Rules, folder: str, make_pipeline: Callable[[], Any], on_engine: bool
) -> Listed:
    """Writes the parts of the manifest.

    Args:
        rules: see there.
        folder: for the parts, where workers can read and write.
        make_pipeline: see `spread`, as is `on_engine`.
        on_engine: see there.

    Raises:
        DataError: see `listing.list_folders`.
    """
    if rules.data is not None and not judged_alone(rules.base, rules.data):
        return _list_here(rules, rules.data, folder)
    runs = write_runs(walk_files(rules.base), folder)
    count = count_files(runs)
    check_not_empty(rules.base, count)
    shards = Shards.of(count, folder)
    spread(WritePart(rules, runs, shards), shards.parts, make_pipeline, on_engine)
    found = read_found(shards)
    if rules.data is None:
        check_any_image(rules.base, found.counts.total())
    elif rules.data.patient.source == "each_file" and found.maybe_dicom:
        return _list_here(rules, rules.data, folder)  # their headers may name one patient twice
    else:
        _check(found, rules.base, rules.data, shards)
    return Listed(shards, found.counts.total())


def judged_alone(base: str, data: DataSection) -> bool:
    """Whether the class, the patient and the split of each file follow from it and the recipe.

    A cap and folds look at all patients, a rolling range at all spans, folders that are used as
    splits at all images of each, and the rows of a CSV are matched with all paths.
    """
    if data.fold or data.cap_per_class or data.folder_splits == "use" or data.spans:
        return False
    if data.metadata is None:
        return True
    try:
        files.read_head(base, data.metadata.file, 1)
    except FileNotFoundError:
        return True  # the headers of DICOM files stand in for it, or it is an error
    return False


def _list_here(rules: Rules, data: DataSection, folder: str) -> Listed:
    listing = list_folders(rules.base, data)
    shards = Shards.of(len(listing.files), folder)
    write_listing(listing, shards, rules.key)
    return Listed(shards, len(listing.entries))


def _check(found: Found, base: str, data: DataSection, shards: Shards) -> None:
    """Refuses what `list_folders` does, in its order."""
    check_metadata(base, bool(found.maybe_dicom), data)
    check_folders(found, data, lambda: _images(shards))
    folder_splits.check_named(found.named, data)
    check_all_known(found.without_patient, found.images.total(), found.stranger, data.patient)
    splits.check_counts(found.by_class(), data, lambda: list_folders(base, data).patients())


def _images(shards: Shards) -> Iterator[str]:
    for number in range(shards.count):
        yield from (row["path"] for row in shards.read(number) if row["label"])
