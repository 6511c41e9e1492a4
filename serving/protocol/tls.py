"""Encryption between a client and a model server, and the certificates of both.

All files are PEM, as OpenSSL and cert-manager write them.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from components.storage.private import trouble_with_key
from serving.protocol.errors import ServingError


@dataclass(frozen=True)
class Tls:
    """How a client encrypts.

    Attributes:
        root_certificates: of the authorities whose signature on the server's certificate counts;
            None for the public ones.
        certificate: the client's own (chain), for a server that requires one, or None.
        key: of that certificate, or None.

    Raises:
        ServingError: a file is missing or not what it should be, or certificate and key do not
            belong together.
    """

    root_certificates: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        self.context()

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files for gRPC."""
        files = (self.root_certificates, self.key, self.certificate)
        return grpc.ssl_channel_credentials(*(file and file.read_bytes() for file in files))

    def context(self) -> ssl.SSLContext:
        """Reads the files for Python's own TLS."""
        try:
            context = ssl.create_default_context(cafile=self.root_certificates)
        except OSError as error:  # of OpenSSL, too
            raise ServingError(
                "Root certificates are a PEM file with the certificates of the authorities that "
                f"sign those of servers. Received: {self.root_certificates} ({_reason(error)})."
            ) from error
        # Python 3.13 requires extensions that gRPC, and many in-house authorities, do without.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.certificate is not None or self.key is not None:
            load_pair(context, self.certificate, self.key, "A client certificate")
        return context


def load_pair(
    context: ssl.SSLContext, certificate: Path | None, key: Path | None, who: str
) -> None:
    """Loads a certificate (chain) and its key.

    Args:
        context: takes them.
        certificate: its file.
        key: its file.
        who: needs them, for the message: 'HTTPS'.

    Raises:
        ServingError: one is not given or not there, the key is encrypted, others can read it, or
            they do not belong together.
    """
    rule = (
        f"{who} needs a certificate and its key, unencrypted, as PEM files that belong together. "
        f"Received: {certificate or 'no certificate'}, {key or 'no key'}"
    )
    if certificate is None or key is None:
        raise ServingError(f"{rule}.")
    try:
        context.load_cert_chain(certificate, key, lambda: b"")
        trouble = trouble_with_key(key)
    except OSError as error:  # of OpenSSL, too
        raise ServingError(f"{rule} ({_reason(error)}).") from error
    if trouble:
        raise ServingError(trouble)


def _reason(error: OSError) -> str:
    """OpenSSL's errors name a place in its source: their reason alone is for people."""
    return str(getattr(error, "reason", None) or error.strerror or error).lower().replace("_", " ")
