"""How many images, and how many pixels, one request may make the graph decode.

Known from the headers: a PNG of 400 KB can hold 400 million pixels, which TensorFlow would decode
into gigabytes. What TensorFlow does not decode gets no check here, but its own error.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import grpc

from components.imaging.images import MAX_PIXELS
from components.imaging.jpeg import jpeg_header
from serving.client.request_batches import MAX_IMAGES
from serving.embedded.models.batching import Arrays
from serving.embedded.status_error import StatusError
from serving.protocol.message_bounds import TooManyFieldsError, check_fields

_EXAMPLES = "examples"  # the input that takes serialized tf.Examples
# WebP and JPEG XL: newer versions of TensorFlow decode them, but no client of medtfx sends them.
_REFUSED = (b"RIFF", b"\xff\x0a", b"\x00\x00\x00\x0cJXL ")
_USUAL_SCANS = 10  # of a progressive JPEG; each one costs a pass over all pixels


@dataclass(frozen=True)
class ImageBounds:
    """What one request may ask for.

    Attributes:
        images: strings in one input.
        pixels: of all images of a request (width x height), and of all requests whose images are
            decoded at the same time.
    """

    images: int = MAX_IMAGES
    pixels: int = MAX_PIXELS

    def check_number(self, number: int) -> None:
        """Checks the number of strings in one input, before they are read.

        Raises:
            StatusError: too many.
        """
        if number > self.images:
            raise _refusal(
                f"a request has at most {self.images} images, not {number}. Send several requests"
            )

    def check(self, inputs: Arrays) -> int:
        """Checks the images of a request before the graph sees them; returns their pixels.

        Args:
            inputs: by name; those of strings are images, or tf.Examples that hold them.

        Raises:
            StatusError: too many pixels, or an image of a format that has no bound.
        """
        together = 0
        for name, array in inputs.items():
            if array.dtype != object:
                continue
            for encoded in _images(name, array.ravel().tolist()):
                if encoded.startswith(_REFUSED):
                    raise _refusal("an image is a PNG, JPEG, BMP or GIF, not WebP or JPEG XL")
                together += decoded_pixels(encoded)
        if together > self.pixels:
            raise _refusal(
                f"the images of a request have at most {self.pixels} pixels together to decode, "
                f"not {together}. Send several requests, or reduce them"
            )
        return together


DEFAULT_BOUNDS = ImageBounds()


def decoded_pixels(encoded: bytes) -> int:
    """Returns how many pixels a decoder has to make, by the header; 0 for what it would refuse.

    All frames of a GIF count, and more scans of a JPEG than usual count as more pixels.
    """
    try:
        if encoded.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", encoded, 16)
        elif encoded.startswith(b"\xff\xd8\xff"):
            header = jpeg_header(encoded)
            width, height = header.width, header.height * max(1, header.scans // _USUAL_SCANS)
        elif encoded.startswith(b"BM"):
            width, height = map(abs, struct.unpack_from("<ii", encoded, 18))
        elif encoded.startswith(b"GIF8"):
            return _gif_pixels(encoded)
        else:
            return 0
    except struct.error:  # cut off within the header
        return 0
    return int(width * height)


def _gif_pixels(encoded: bytes) -> int:
    """Adds up the screen and all frames (GIF89a, sections 18 and 20)."""
    width, height, flags = struct.unpack_from("<HHB", encoded, 6)
    total, position = width * height, 13 + _colour_table(flags)
    try:
        while (kind := encoded[position]) in b"!,":
            if kind == ord(","):
                width, height, flags = struct.unpack_from("<HHB", encoded, position + 5)
                total += width * height
                position += 11 + _colour_table(flags)
            else:
                position += 2
            while size := encoded[position]:  # blocks of data, up to an empty one
                position += size + 1
            position += 1
    except (IndexError, struct.error):  # cut off; the decoder says so
        pass
    return total


def _colour_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _images(name: str, values: list[bytes]) -> Iterable[bytes]:
    if name != _EXAMPLES:
        return values
    return [image for value in values for image in _images_of_example(value)]


def _images_of_example(serialized: bytes) -> list[bytes]:
    from google.protobuf.message import DecodeError
    from tensorflow import train

    try:
        check_fields(serialized, train.Example.DESCRIPTOR)
        features = train.Example.FromString(serialized).features.feature.values()
    except TooManyFieldsError as error:
        raise _refusal(str(error)) from error
    except DecodeError:  # the graph refuses it
        return []
    return [value for feature in features for value in feature.bytes_list.value]


def _refusal(sentence: str) -> StatusError:
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, sentence)
