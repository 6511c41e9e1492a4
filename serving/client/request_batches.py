"""Images for a server: read, made canonical, and grouped into requests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from components.imaging.images import MAX_PIXELS, UnreadableImage, read_image

_MAX_REQUEST = 64 * 2**20  # bytes of images in one request; a single larger image goes alone


@dataclass(frozen=True)
class OutgoingImage:
    """An image that can be sent, or the reason why it can't.

    Attributes:
        source: the path as given, or 'image N' for the N-th image, given as bytes.
        encoded: canonical bytes; empty where there is an error.
        error: what is wrong with it, or None.
    """

    source: str
    encoded: bytes = field(default=b"", repr=False)
    error: str | None = None


def read_images(
    images: Iterable[bytes | Path | str], max_pixels: int = MAX_PIXELS
) -> Iterator[OutgoingImage]:
    """Reads contents of files, or paths, one after the other; the number counts from 0."""
    for number, image in enumerate(images):
        yield _read(image, number, max_pixels)


def in_batches(images: Iterable[OutgoingImage], size: int) -> Iterator[list[OutgoingImage]]:
    """Groups images by number and by bytes, in their order; those with an error come along."""
    batch: list[OutgoingImage] = []
    held = 0
    for image in images:
        if len(batch) == size or (batch and held + len(image.encoded) > _MAX_REQUEST):
            yield batch
            batch, held = [], 0
        batch.append(image)
        held += len(image.encoded)
    if batch:
        yield batch


def _read(image: bytes | Path | str, number: int, max_pixels: int) -> OutgoingImage:
    source = f"image {number}" if isinstance(image, bytes) else str(image)
    try:
        data = image if isinstance(image, bytes) else Path(image).read_bytes()
        return OutgoingImage(source, read_image(data, max_pixels=max_pixels).encoded)
    except UnreadableImage as error:
        return OutgoingImage(source, error=str(error))
    except OSError as error:
        return OutgoingImage(source, error=f"the file can't be read: {error.strerror or error}")
