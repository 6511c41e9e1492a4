"""A sample of the records, which this process keeps: of each class as many, or all it has."""

from collections import defaultdict
from collections.abc import Sequence

from components.data_audit.reading import read_pictures
from components.imaging.measures.image_record import ImageRecord

_KEPT = 5_000  # of a class: 30 MB
_FILES = 200  # read at most, of 500 images each


def sample(files: Sequence[str]) -> dict[str, list[ImageRecord]]:
    """Returns class → records; all there are of a set with fewer than `_KEPT` of each class.

    ImageExampleGen deals the images to the files at random: some of the files are a sample.

    Args:
        files: of the records.
    """
    chosen = [files[k * len(files) // _FILES] for k in range(_FILES)]
    kept: defaultdict[str, list[ImageRecord]] = defaultdict(list)
    for path in files if len(files) <= _FILES else chosen:
        for picture in read_pictures(path):
            if len(kept[picture.label]) < _KEPT:
                kept[picture.label].append(picture)
        if kept and all(len(pictures) == _KEPT for pictures in kept.values()):
            break
    return dict(kept)
