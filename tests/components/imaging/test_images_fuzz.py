"""Broken images: each is refused with a known reason, or TensorFlow decodes what comes back.

The mutations are seeded, so a failure repeats; `mutants(seed=..., count=...)` makes more of them.
"""

import io
import random
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from components.imaging.images import REASONS, ReadImage, UnreadableImage, read_image

MAX_PIXELS = 1_000_000
SLOWEST = 2.0  # seconds; a mutant takes 1-5 ms, so this finds hangs, not a busy machine

# === Seeds: small, and one of each way through the reader ===


def picture(mode: str, side: int = 40) -> Image.Image:
    """Smooth colours with some noise, so that every compressor has something to do."""
    y, x = np.mgrid[0:side, 0:side]
    noise = np.random.default_rng(0).integers(0, 40, (side, side))
    rgb = np.stack([x * 5 + noise, y * 5 + noise, (x + y) * 2 + noise], -1).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(rgb[..., 0].astype(np.uint16) * 16)
    if mode == "F":
        return Image.fromarray(rgb[..., 0].astype(np.float32))
    return Image.fromarray(rgb).convert(mode)


def save(mode: str, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def dicom(**changes: object) -> bytes:
    """12-bit MONOCHROME1 with rescale, window and a few tags, uncompressed."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.PatientID, dataset.PatientAge, dataset.Modality = "P-1", "045Y", "DX"
    dataset.Rows = dataset.Columns = 40
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.WindowCenter, dataset.WindowWidth = 1000, 2000
    dataset.PixelData = np.asarray(picture("I;16")).tobytes()
    for keyword, value in changes.items():
        if keyword == "TransferSyntaxUID":
            dataset.file_meta.TransferSyntaxUID = value
        else:
            setattr(dataset, keyword, value)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        dataset["PixelData"].is_undefined_length = True
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def seeds() -> dict[str, bytes]:
    colour = {
        "SamplesPerPixel": 3,
        "PlanarConfiguration": 0,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
    }
    frames = [picture("L"), picture("L").rotate(90)]
    plain = dicom()
    return {
        "PNG_8_grey": save("L", "PNG"),
        "PNG_8_rgb": save("RGB", "PNG"),
        "PNG_8_rgba": save("RGBA", "PNG"),
        "PNG_8_palette": save("P", "PNG", transparency=3),
        "PNG_1": save("1", "PNG"),
        "PNG_16_grey": save("I;16", "PNG"),
        "PNG_animated": save("L", "PNG", save_all=True, append_images=frames),
        "JPEG_grey": save("L", "JPEG"),
        "JPEG_ycc_444": save("RGB", "JPEG", subsampling=0),
        "JPEG_ycc_420_progressive": save("RGB", "JPEG", progressive=True),
        "JPEG_ycc_422_restart": save("RGB", "JPEG", subsampling=1, restart_marker_blocks=2),
        "JPEG_cmyk": save("CMYK", "JPEG"),
        "JPEG_rotated": save("RGB", "JPEG", exif=orientation(6)),
        "BMP_8": save("P", "BMP"),
        "BMP_24": save("RGB", "BMP"),
        "TIFF_8_rgb": save("RGB", "TIFF"),
        "TIFF_16_lzw": save("I;16", "TIFF", compression="tiff_lzw"),
        "TIFF_8_deflate": save("L", "TIFF", compression="tiff_adobe_deflate"),
        "TIFF_jpeg": save("RGB", "TIFF", compression="jpeg"),
        "TIFF_1": save("1", "TIFF"),
        "TIFF_float": save("F", "TIFF"),
        "GIF_animated": save("P", "GIF", save_all=True, append_images=frames),
        "WEBP_lossy": save("RGB", "WEBP"),
        "WEBP_lossless_alpha": save("RGBA", "WEBP", lossless=True),
        "DICOM_12_grey": plain,
        "DICOM_12_grey_bare": plain[132:],
        "DICOM_rle": dicom(TransferSyntaxUID=RLELossless, PixelData=rle()),
        "DICOM_jpeg": dicom(
            TransferSyntaxUID=JPEGBaseline8Bit,
            PhotometricInterpretation="YBR_FULL_422",
            PixelData=encapsulate([save("RGB", "JPEG")]),
            **colour,
        ),
        "DICOM_8_rgb": dicom(
            PhotometricInterpretation="RGB",
            PixelData=np.asarray(picture("RGB")).tobytes(),
            **colour,
        ),
    }


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def rle() -> bytes:
    """The 12-bit picture as one RLE frame: high bytes, then low bytes, each as literal runs."""
    stored = np.asarray(picture("I;16")).astype("<u2").tobytes()
    segments = []
    for part in (stored[1::2], stored[0::2]):
        runs = [bytes([len(run) - 1]) + run for run in _pieces(part, 128)]
        segments.append(b"".join(runs) + b"\x80" * (sum(map(len, runs)) % 2))
    header = struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13)
    return encapsulate([header + b"".join(segments)])


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


# === Mutations ===

Mutation = Callable[[random.Random, bytearray, bytes], None]


def flip_bits(rng: random.Random, data: bytearray, other: bytes) -> None:
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def edit_header(rng: random.Random, data: bytearray, other: bytes) -> None:
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(min(len(data), rng.choice([16, 64, 400])))
        data[place] = rng.choice([0, 1, 2, 3, 4, 8, 16, 32, 127, 128, 254, 255, rng.randrange(256)])


def truncate(rng: random.Random, data: bytearray, other: bytes) -> None:
    del data[rng.randrange(len(data)) + 1 :]


def drop(rng: random.Random, data: bytearray, other: bytes) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice([1, 2, 16, 200])]
    data += b"\0" * (not data)


def duplicate(rng: random.Random, data: bytearray, other: bytes) -> None:
    start, length = rng.randrange(len(data)), rng.choice([1, 4, 16, 64, 512])
    place = rng.randrange(len(data))
    data[place:place] = data[start : start + length]


def splice(rng: random.Random, data: bytearray, other: bytes) -> None:
    start, place = rng.randrange(len(other)), rng.randrange(len(data))
    data[place : place + rng.choice([0, 16, 10_000])] = other[
        start : start + rng.choice([8, 64, 999])
    ]


def append(rng: random.Random, data: bytearray, other: bytes) -> None:
    data += other[: rng.choice([1, 16, len(other)])]


def mend_png(rng: random.Random, data: bytearray, other: bytes) -> None:
    """Makes the checksums of a PNG right again, so that its damage gets past them."""
    pos = 8
    while data.startswith(b"\x89PNG") and pos + 12 <= len(data):
        end = pos + 12 + int.from_bytes(data[pos : pos + 4], "big")
        if end > len(data):
            return
        data[end - 4 : end] = zlib.crc32(data[pos + 4 : end - 4]).to_bytes(4, "big")
        pos = end


MUTATIONS: list[Mutation] = [
    flip_bits, flip_bits, edit_header, edit_header, truncate, drop, duplicate, splice, append,
]  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of damaged files; the name says how to make it again."""
    sources = seeds()
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        name = rng.choice(list(sources))
        data, other = bytearray(sources[name]), sources[rng.choice(list(sources))]
        steps = rng.choices(MUTATIONS, k=rng.choice([1, 1, 2, 3]))
        for step in [*steps, mend_png] if rng.random() < 0.7 else steps:
            step(rng, data, other)
        yield f"{seed}/{number} {name} {[step.__name__ for step in steps]}", bytes(data)


# === The promise ===


def read_or_refuse(data: bytes) -> ReadImage | None:
    try:
        return read_image(data, max_pixels=MAX_PIXELS)
    except UnreadableImage as error:
        return None if error.reason in REASONS and error.detail else pytest.fail(repr(error))


def decoded_shape(encoded: bytes) -> tuple[int, ...]:
    import tensorflow as tf

    return tuple(tf.io.decode_image(encoded, channels=3, expand_animations=False).shape)


def test_seeds_are_readable() -> None:
    for name, data in seeds().items():
        image = read_image(data)
        assert decoded_shape(image.encoded) == (40, 40, 3), name


def test_mutants_are_refused_or_decodable(
    recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: Counter[bool] = Counter()
    readable = []
    for name, data in mutants(seed=1, count=500):
        start = time.perf_counter()
        image = read_or_refuse(data)
        assert time.perf_counter() - start < SLOWEST, name
        seen[image is not None] += 1
        readable += [(name, image)] if image else []
    assert not recwarn.list
    assert capfd.readouterr().err == ""  # of C libraries as well
    for name, image in readable:
        assert decoded_shape(image.encoded) == (image.height, image.width, 3), name
    assert min(seen[True], seen[False]) > 50, "the mutations are too tame or too wild"
