"""The study of a DICOM file as the request log keeps it: a keyed hash of its UID.

Labels often come by study. The key stays in the folder of the log, so that nobody who is given the
lines alone can test whether they hold a known study. On object storage, where several writers could
each make a key, there is none, and no study is logged.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from components.storage.atomic_write import OWNER_ONLY
from components.storage.s3 import is_s3

KEY = ".study-key"


def make_study_key(folder: Path) -> bytes:
    """Returns the key of a log, made on first use; the caller holds the lock of the log.

    Raises:
        OSError: it can't be read or made.
    """
    if key := read_study_key(folder):
        return key
    new = secrets.token_hex(32).encode()
    handle = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(new)
    return new


def read_study_key(folder: Path | str) -> bytes | None:
    """Returns the key of a log; None if no study was ever logged there.

    Raises:
        OSError: it can't be read.
    """
    if is_s3(str(folder)):
        return None
    try:
        return Path(folder, KEY).read_bytes() or None
    except FileNotFoundError:
        return None


def hash_study(uid: str, key: bytes) -> str:
    """Returns 16 hex digits that stand for a Study Instance UID (0020,000D)."""
    return hmac.new(key, uid.encode(), hashlib.sha256).hexdigest()[:16]
