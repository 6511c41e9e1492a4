"""Values of TIFF tags, and which of them can be read here."""

from components.imaging.unreadable import UnreadableImage

# Photometric Interpretation (262) → samples of a pixel.
SAMPLES = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
WHITE_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 2, 3, 5, 6
GREY = (0, 1)
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # Sample Format (339)

# Compression (259).
UNCOMPRESSED = 1
LZW, JPEG, LERC, LZMA = 5, 7, 34887, 34925
# LZW, JPEG, Deflate, PackBits, JPEG 2000, LERC, LZMA, Zstandard, WebP, JPEG XL. Not CCITT (fax)
# and JPEG of before 1995: imagecodecs has no decoder, and libtiff writes to stderr.
READABLE = frozenset(
    {UNCOMPRESSED, LZW, JPEG, 8, 32773, 32946, 33003, 33004, 33005, 34712, LERC, LZMA, 50000,
     50001, 50002, 52546}
)  # fmt: skip


def unsupported(what: str) -> UnreadableImage:
    """Returns the refusal of a file that is valid and has no decoder here."""
    return UnreadableImage("unsupported", f"the TIFF can't be read: {what}; convert it to PNG")
