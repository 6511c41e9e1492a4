"""Images for a server: read, made canonical, and grouped into requests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from components.imaging.images import MAX_PIXELS, UnreadableImage, read_image
from serving.request_log.record import LoggedImage, logged_image

_MAX_REQUEST = 32 * 2**20  # bytes of images in one request; a single larger image goes alone
# More images or pixels in one request `medtfx serve` refuses.
MAX_IMAGES, MAX_PIXELS_TOGETHER = 256, MAX_PIXELS


@dataclass(frozen=True)
class OutgoingImage:
    """An image that can be sent, or the reason why it can't.

    Attributes:
        source: the path as given, or 'image N' for the N-th image, given as bytes.
        encoded: canonical bytes; empty where there is an error.
        pixels: width x height; 0 where there is an error.
        error: what is wrong with it, or None.
        facts: for the request log; None without one, or where there is an error.
    """

    source: str
    encoded: bytes = field(default=b"", repr=False)
    pixels: int = 0
    error: str | None = None
    facts: LoggedImage | None = None


def read_images(
    images: Iterable[bytes | Path | str], max_pixels: int = MAX_PIXELS, with_facts: bool = False
) -> Iterator[OutgoingImage]:
    """Reads contents of files, or paths, one after the other; the number counts from 0."""
    for number, image in enumerate(images):
        yield _read(image, number, max_pixels, with_facts)


def in_batches(images: Iterable[OutgoingImage], size: int) -> Iterator[list[OutgoingImage]]:
    """Groups images by number, bytes and pixels, in their order; with those that have an error."""
    batch: list[OutgoingImage] = []
    held = pixels = 0
    for image in images:
        held, pixels = held + len(image.encoded), pixels + image.pixels
        too_large = held > _MAX_REQUEST or pixels > MAX_PIXELS_TOGETHER
        if len(batch) == min(size, MAX_IMAGES) or (batch and too_large):
            yield batch
            batch, held, pixels = [], len(image.encoded), image.pixels
        batch.append(image)
    if batch:
        yield batch


def _read(
    image: bytes | Path | str, number: int, max_pixels: int, with_facts: bool
) -> OutgoingImage:
    source = f"image {number}" if isinstance(image, bytes) else str(image)
    try:
        data = image if isinstance(image, bytes) else Path(image).read_bytes()
        read = read_image(data, max_pixels=max_pixels)
        facts = logged_image(data, read) if with_facts else None
        return OutgoingImage(source, read.encoded, read.width * read.height, facts=facts)
    except UnreadableImage as error:
        return OutgoingImage(source, error=str(error))
    except OSError as error:
        return OutgoingImage(source, error=f"the file can't be read: {error.strerror or error}")
