"""What stands for a patient, a UID and a date: the same each time, by the site's patient key."""

import hashlib
import hmac
from uuid import UUID

from components.storage.patient_key import hash_patient

_MOST_DAYS = 3650  # by how many days dates are moved into the past, at most


class Pseudonyms:
    """Pseudonyms by one key. Without it, nobody finds out whom they stand for.

    Args:
        key: the site's patient key, from `patient_key`.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def patient(self, patient_id: str) -> str:
        """Returns 16 hex digits: those that ImageExampleGen makes of the same Patient ID."""
        return hash_patient(patient_id, self._key)

    def uid(self, uid: str) -> str:
        """Returns the UID in the place of another, of the root 2.25 (PS3.5, B.2)."""
        return f"2.25.{UUID(bytes=self._digest('uid', uid)[:16]).int}"

    def accession(self, number: str) -> str:
        """Returns 16 hex digits that stand for an accession number."""
        return self._digest("accession", number).hex()[:16]

    def days(self, patient_id: str) -> int:
        """Returns by how many days all dates of a patient are moved into the past, at least 1."""
        number = int.from_bytes(self._digest("days", patient_id)[:8], "big")
        return 1 + number % _MOST_DAYS

    def _digest(self, kind: str, text: str) -> bytes:
        message = f"{kind}\0{text}".encode(errors="surrogateescape")
        return hmac.new(self._key, message, hashlib.sha256).digest()
