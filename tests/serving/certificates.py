"""An authority that signs certificates for tests, and files of them as PEM.

They have what RFC 5280 asks for and Python 3.13 checks: key identifiers, and the use of the key.
"""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False,
    key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
    decipher_only=False,
)  # fmt: skip
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
        own = self._key.public_key()
        extensions = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (x509.SubjectKeyIdentifier.from_public_key(own), False),
            (_SIGNS_CERTIFICATES, True),
        ]
        signed = self._sign(self._name, own, extensions, _HOUR)
        self.roots = folder / f"{name}.pem"
        self.roots.write_bytes(signed.public_bytes(_PEM))

    def issue(self, address: str = "127.0.0.1", hours: int = 1) -> Pair:
        """Signs a certificate of an IP address, which ends in so many hours."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        extensions = [(names, False), (own, False)]
        signed = self._sign(_name(address), key.public_key(), extensions, hours * _HOUR)
        stem = f"{self.roots.stem}-{address}-{hours}"
        pair = Pair(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")
        pair.certificate.write_bytes(signed.public_bytes(_PEM))
        pair.key.touch(0o600)
        pair.key.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return pair

    def _sign(self, name, public_key, extensions, lasts):
        end = datetime.datetime.now(datetime.timezone.utc) + lasts
        builder = (
            x509.CertificateBuilder(self._name, name, public_key, x509.random_serial_number())
            .not_valid_before(end - 24 * _HOUR)
            .not_valid_after(end)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
