"""The one error of reading an image: the file is refused, for one of a few reasons."""

from __future__ import annotations

import re
from typing import Literal, get_args

from PIL import Image

Reason = Literal[
    "empty",  # no bytes at all
    "not_an_image",  # no known signature
    "truncated",  # ends before its picture does
    "corrupt",  # contradicts its own format, or holds NaN
    "unsupported",  # a valid file of a kind that can't be decoded here
    "no_pixels",  # DICOM without a picture: report, PDF, plan
    "too_small",  # a side below size.MIN_SIDE
    "too_large",  # more pixels than asked for, or a side above size.MAX_SIDE
]
REASONS: tuple[Reason, ...] = get_args(Reason)

COPY_AGAIN = "copy it again from its source"  # the remedy for a damaged file

_TEXTS: dict[Reason, str] = {
    "truncated": "truncated|not enough|less than expected|end of|missing dimensions",
    "unsupported": "unsupport|cannot (handle|decode)|unknown pixel mode|not (supp|impl)|conversion",
}


class UnreadableImage(ValueError):  # noqa: N818 - it names what is wrong, as FileNotFound would
    """The file is refused.

    Attributes:
        reason: one of ``REASONS``, for counting and for the quarantine list.
        detail: a sentence for humans: rule, received value, remedy.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)  # both, so that it survives pickling between workers
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def refusal(error: Exception, kind: str) -> UnreadableImage:
    """Names the reason behind a library's exception, as far as its type and text show it.

    Args:
        error: as the library raised it; its text stays in the traceback, for developers.
        kind: format of the file, for the message.
    """
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, (MemoryError, Image.DecompressionBombError)):
        return UnreadableImage(
            "too_large", f"the {kind} needs more memory than there is; reduce the image"
        )
    if isinstance(error, EOFError) or re.search(_TEXTS["truncated"], text, re.IGNORECASE):
        return UnreadableImage(
            "truncated", f"the {kind} ends before its picture does; {COPY_AGAIN}"
        )
    if re.search(_TEXTS["unsupported"], text, re.IGNORECASE):
        return UnreadableImage(
            "unsupported", f"the {kind} is of a kind that can't be read here; convert it to PNG"
        )
    return UnreadableImage("corrupt", f"the {kind} can't be decoded: it is damaged; {COPY_AGAIN}")
