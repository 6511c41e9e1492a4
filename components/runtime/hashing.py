"""A number that stands for a patient: the same on every machine, and without order."""

import hashlib


def hash_to_unit(patient: str, salt: int | str) -> float:
    """Returns a number in [0, 1) that is fixed by patient and salt."""
    digest = hashlib.sha256(f"{salt}\0{patient}".encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
