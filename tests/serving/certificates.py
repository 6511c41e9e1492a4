"""An authority that signs certificates for tests, and files of them as PEM."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM, _HOUR = serialization.Encoding.PEM, datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `roots` is the file of its own.

    Args:
        folder: for the files.
        name: of the authority.
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        extension = x509.BasicConstraints(ca=True, path_length=0)
        signed = self._sign(self._name, self._key.public_key(), extension, _HOUR)
        self.roots = folder / f"{name}.pem"
        self.roots.write_bytes(signed.public_bytes(_PEM))

    def issue(self, address: str = "127.0.0.1", hours: int = 1) -> Pair:
        """Signs a certificate of an IP address, which ends in so many hours."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signed = self._sign(_name(address), key.public_key(), names, hours * _HOUR)
        stem = f"{self.roots.stem}-{address}-{hours}"
        pair = Pair(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")
        pair.certificate.write_bytes(signed.public_bytes(_PEM))
        pair.key.touch(0o600)
        pair.key.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return pair

    def _sign(self, name, public_key, extension, lasts):
        end = datetime.datetime.now(datetime.timezone.utc) + lasts
        return (
            x509.CertificateBuilder(self._name, name, public_key, x509.random_serial_number())
            .not_valid_before(end - 24 * _HOUR)
            .not_valid_after(end)
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
