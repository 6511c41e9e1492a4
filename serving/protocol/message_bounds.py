"""How many fields a protobuf message has, before a parser makes objects of them.

An empty string in a repeated field takes two bytes of a message and 80 bytes of memory: 64 MB that
are within every limit would become 2.5 GB. https://protobuf.dev/programming-guides/encoding/
"""

from typing import Any

MAX_FIELDS = 10_000  # a request for 256 images has some 300
_SMALL = 256 * 1024  # bytes; what is shorter can't become much
_DEEPEST = 100  # messages inside each other: parsers of protobuf refuse more


class TooManyFieldsError(ValueError):
    """A message has more fields than a request for images can have."""


def check_fields(message: bytes, descriptor: Any, limit: int = MAX_FIELDS) -> None:
    """Checks the number of fields of a message and of all messages in it.

    Args:
        message: as it was sent. What is no message at all is left to the parser.
        descriptor: of its type.
        limit: fields, at most.

    Raises:
        TooManyFieldsError: there are more.
    """
    if len(message) > _SMALL:
        _count(message, 0, len(message), descriptor, limit)


def _count(
    message: bytes, at: int, end: int, descriptor: Any, left: int, depth: int = _DEEPEST
) -> int:
    """Walks over one message; returns how many fields the rest may have."""
    while at < end:
        if left == 0:
            raise TooManyFieldsError(
                f"a message of {len(message)} bytes has more than {MAX_FIELDS} fields; send fewer "
                "images at once"
            )
        left -= 1
        tag, at = _varint(message, at)
        kind, number = tag & 7, tag >> 3
        if kind == 0:
            _, at = _varint(message, at)
        elif kind == 2:
            size, at = _varint(message, at)
            field = descriptor.fields_by_number.get(number)
            if field is not None and field.message_type is not None and depth:
                inside = field.message_type
                left = _count(message, at, min(at + size, end), inside, left, depth - 1)
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:  # a group, which no message here has, or nothing at all
            return left
    return left


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Returns a number and the position after it; one that is cut off or too long ends it all."""
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
    return 0, len(message)
