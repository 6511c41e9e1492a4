"""The site's patient key, and the hash that hides who a patient is.

What is written to disk is a keyed hash: without the key nobody can test whether a known patient is
in the data set.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from components.runtime.environment import PATIENT_KEY
from components.runtime.errors import DataError
from components.storage.private import trouble_with_key


def patient_key(home: str) -> bytes:
    """Returns the site's key: from the environment, or kept in `home`, made on first use.

    Args:
        home: local folder whose file `patient.key` keeps the key, readable by its owner alone.
            Empty where no folder outlives the node, as in a container: the environment must tell.

    Raises:
        DataError: the file is empty, since hashing without a key would hide nobody; or others can
            read it; or neither environment nor folder is given.
    """
    if text := PATIENT_KEY.get():
        return text.encode()
    if not home:
        raise DataError(
            f"The site's patient key is not set: put {PATIENT_KEY} into the environment of every "
            "node that reads images. On Kubernetes it comes from a secret: platform.secrets = "
            f"[{{name: medtfx-patient-key, env: {{{PATIENT_KEY}: key}}}}]. A key made on the spot "
            "would differ in every container, and no patient would be known again."
        )
    path = Path(home, "patient.key")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another run was quicker: its key is the key
            _write_key(path)
    if trouble := trouble_with_key(path):
        raise DataError(f"{trouble} Or give the site's key in the variable {PATIENT_KEY}.")
    key = path.read_bytes()
    if not key:
        raise DataError(
            f"The patient key {str(path)!r} is empty. Delete it to have a new one made, or give "
            f"the site's key in the environment variable {PATIENT_KEY}."
        )
    return key


def _write_key(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())


def hash_patient(patient: str, key: bytes) -> str:
    """Returns 16 hex digits that stand for the patient."""
    return hmac.new(key, patient.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:16]
