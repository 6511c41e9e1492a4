"""The signature of a pushed version, by the site's own key, as OpenSSF model-signing makes it.

It covers every file of the version, the manifest too. Nothing is sent anywhere: there is no
Sigstore and no transparency log. The command line of model-signing verifies it too:
`model_signing verify key VERSION --signature VERSION/assets.extra/model.sig --public_key FILE`.
"""

import os
from pathlib import Path
from typing import Any

from components.runtime.environment import SIGNING_CERTIFICATE, SIGNING_KEY, VERIFICATION_KEY
from components.runtime.errors import MedtfxError
from components.saved_model.manifest import SIGNATURE, ChangedModelError, check_files
from components.storage.private import trouble_with_key

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class SigningError(MedtfxError):
    """A key or certificate can't be used to sign or verify models."""


def sign(folder: Path) -> bool:
    """Signs a model with the key in $MEDTFX_SIGNING_KEY; without one, returns False.

    Args:
        folder: the version, with its manifest.

    Raises:
        SigningError: the key or certificate can't be used.
    """
    (folder / SIGNATURE).unlink(missing_ok=True)
    if not SIGNING_KEY.get():
        return False
    key = _file(SIGNING_KEY.get(), str(SIGNING_KEY))
    # A secret of Kubernetes belongs to root, and only the owner can change who reads a file.
    if key.stat().st_uid == os.getuid() and (trouble := trouble_with_key(key)):
        raise SigningError(trouble)
    signing, certificate = _library().signing.Config(), SIGNING_CERTIFICATE.get()
    try:
        if certificate:
            chain = _file(certificate, str(SIGNING_CERTIFICATE))
            signing.use_certificate_signer(
                private_key=key, signing_certificate=chain, certificate_chain=[chain]
            )
        else:
            signing.use_elliptic_key_signer(private_key=key)
    except (ValueError, TypeError) as error:
        raise SigningError(
            f"{SIGNING_KEY} names a PEM file with an elliptic-curve key (P-256, P-384 or P-521), "
            f"not encrypted, and {SIGNING_CERTIFICATE} the certificate of that key. Received: "
            f"{key}: {error}. `openssl ecparam -name prime256v1 -genkey -noout` makes a key."
        ) from error
    signing.set_hashing_config(_hashing()).sign(folder, folder / SIGNATURE)
    return True


def is_signed(folder: Path) -> bool:
    """Whether a version carries a signature, of whatever key."""
    return (folder / SIGNATURE).is_file()


def check_model(folder: Path, key: Path | None = None) -> None:
    """Checks that a version is whole and unchanged; with a key, that the site signed it.

    Args:
        folder: of the version.
        key: PEM file: the public key, or the certificate of the authority that issued the signer's.
            None: $MEDTFX_VERIFICATION_KEY; if that is not set, signatures are not looked at.

    Raises:
        ChangedModelError: a file differs, or the signature is missing or not right.
        SigningError: the key can't be used.
        OSError: a file can't be read.
    """
    check_files(folder)
    if key is None and VERIFICATION_KEY.get():
        key = Path(VERIFICATION_KEY.get())
    if key is not None:
        _check_signature(folder, _file(str(key), f"--public-key or {VERIFICATION_KEY}"))


def _check_signature(folder: Path, key: Path) -> None:
    if not is_signed(folder):
        raise ChangedModelError(
            f"{key} is given, so every version has to be signed. {folder} has no {SIGNATURE}: it "
            f"is unsigned. Run the recipe again with {SIGNING_KEY}."
        )
    from cryptography.exceptions import InvalidSignature

    verifying = _verifier(key)
    try:
        verifying.set_hashing_config(_hashing()).verify(folder, folder / SIGNATURE)
    except InvalidSignature as error:
        raise ChangedModelError(
            f"{folder / SIGNATURE} was changed, or made with a key that does not belong to {key}. "
            "Check the key, or run the recipe again."
        ) from error
    except Exception as error:  # broken bundles and certificates fail in many ways
        raise ChangedModelError(
            f"{folder / SIGNATURE} does not verify with {key}: {error}. Check the key, or run the "
            "recipe again."
        ) from error


def _verifier(key: Path) -> Any:
    verifying = _library().verifying.Config()
    try:
        if _CERTIFICATE in key.read_bytes():
            return verifying.use_certificate_verifier(certificate_chain=[key])
        return verifying.use_elliptic_key_verifier(public_key=key)
    except ValueError as error:
        raise SigningError(
            "Models are verified with a PEM file of an elliptic-curve public key or of an "
            f"authority's certificate. Received: {key}: {error}. `openssl ec -in KEY -pubout` "
            "writes the public key."
        ) from error


def _file(name: str, source: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise SigningError(f"{source} names a PEM file. Received: {name!r}, which is not a file.")
    return path


def _hashing() -> Any:
    return _library().hashing.Config().set_ignored_paths(paths=[SIGNATURE], ignore_git_paths=False)


def _library() -> Any:
    """Imports model-signing when it is needed: it takes seconds."""
    try:
        import urllib3

        # model-signing imports the client of Sigstore, which is not used here, and that one a name
        # of urllib3 2. The stack `wide` has urllib3 1.
        vars(urllib3).setdefault("BaseHTTPResponse", urllib3.HTTPResponse)
        import model_signing
    except ImportError as error:
        raise SigningError(
            "Signatures need the package model-signing: pip install 'medtfx[signing]'. Received: "
            f"{error}"
        ) from error
    return model_signing
