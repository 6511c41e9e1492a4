"""Images from the Examples: encoded, as a client sends them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from components.storage.examples import read_examples


@dataclass(frozen=True)
class StoredImage:
    """An image of the Examples.

    Attributes:
        filename: path relative to the data folder.
        label: index of the class.
        encoded: PNG or JPEG.
    """

    filename: str
    label: int
    encoded: bytes


def few_of_each_class(files: Sequence[str], classes: int, count: int) -> list[StoredImage]:
    """Returns the first images of each class.

    Args:
        files: GZIP TFRecords of a split.
        classes: number of classes.
        count: largest number of images of each class.
    """
    taken: Counter[int] = Counter()
    found = []
    for image in _stored_images(files):
        if taken[image.label] < count:
            taken[image.label] += 1
            found.append(image)
            if len(found) == classes * count:
                break
    return found


def find_by_name(files: Sequence[str], names: Collection[str]) -> dict[str, bytes]:
    """Returns file name → encoded image, for those of the names that are in the split."""
    found: dict[str, bytes] = {}
    for image in _stored_images(files):
        if image.filename in names:
            found[image.filename] = image.encoded
            if len(found) == len(names):
                break
    return found


def _stored_images(files: Sequence[str]) -> Iterator[StoredImage]:
    for example in read_examples(files):
        features = example.features.feature
        (name,), (image,) = (features[key].bytes_list.value for key in ("filename", "image"))
        (label,) = features["label_index"].int64_list.value
        yield StoredImage(name.decode(errors="surrogateescape"), label, image)
