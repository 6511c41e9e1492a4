"""Why a connection failed, where TLS is the reason.

gRPC reports 'failed to connect' for every reason. So the handshake is tried once more with Python's
TLS, which reports what went wrong.
"""

import socket
import ssl

from serving.protocol.addresses import split_address
from serving.protocol.tls import Tls

_SECONDS = 2.0
_ABOUT_US = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE")  # in the server's alerts
_ROOTS = "--root-certificates FILE"


def tls_trouble(address: str, tls: Tls | None) -> str | None:
    """Returns why the connection fails and the remedy, or None if it is not TLS.

    Args:
        address: 'host:port' of a server that could not be reached.
        tls: how the client encrypts; None for plain text.
    """
    try:
        refusal = _shake_hands(address, _trusting() if tls is None else tls.context())
    except _NotTlsError:
        if tls is None:
            return None
        return (
            f"The model server at {address} speaks plain text, but the client used TLS. Name its "
            "TLS port; or switch TLS off with --no-tls, if the network is safe."
        )
    except OSError:  # nobody listens, or the line is dead
        return None
    if tls is None:
        return (
            f"The model server at {address} requires TLS, but the client used plain text. Pass "
            f"--tls, or {_ROOTS} if your own authority signed its certificate."
        )
    return None if refusal is None else _in_words(address, tls, refusal)


class _NotTlsError(Exception):
    """The other side answers, but not with TLS."""


def _shake_hands(address: str, context: ssl.SSLContext) -> ssl.SSLError | None:
    """Returns why one of the two sides refused, or None.

    Raises:
        OSError: no server listens.
        _NotTlsError: it is another protocol.
    """
    host, port = split_address(address)
    host = host.strip("[]")
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((host, port), _SECONDS) as plain:
        try:
            encrypted = context.wrap_socket(plain, server_hostname=host)
        except TimeoutError:
            raise
        except ssl.SSLError as error:
            if isinstance(error, ssl.SSLCertVerificationError) or "ALERT" in _reason(error):
                return error
            raise _NotTlsError from error
        except OSError as error:  # it hung up on what it did not understand
            raise _NotTlsError from error
        return _last_word(encrypted)


def _last_word(encrypted: ssl.SSLSocket) -> ssl.SSLError | None:
    """With TLS 1.3, a client learns only after the handshake that it was refused.

    Some servers send the reason, gRPC closes the connection; one that accepts sends data or waits.
    """
    with encrypted:
        try:
            return None if encrypted.recv(1) else ssl.SSLEOFError("it hung up")
        except TimeoutError:
            return None
        except ssl.SSLError as error:
            return error
        except OSError as error:
            return ssl.SSLEOFError(str(error))


def _in_words(address: str, tls: Tls, refusal: ssl.SSLError) -> str:
    server = f"model server at {address}"
    if not isinstance(refusal, ssl.SSLCertVerificationError):
        why = _reason(refusal)
        if not isinstance(refusal, ssl.SSLEOFError) and not any(one in why for one in _ABOUT_US):
            return f"TLS with the {server} failed: {why.lower().replace('_', ' ')}."
        shown = "no certificate was shown" if tls.certificate is None else f"not {tls.certificate}"
        return (
            f"The {server} requires a client certificate that it trusts, and {shown}. Pass one "
            "with --client-certificate and --client-key."
        )
    what = refusal.verify_message.rstrip(".")
    if "match" in what:
        remedy = "Ask it by a name that the certificate holds"
    elif "expired" in what or "yet valid" in what:
        remedy = "Renew it, or set the clock right"
    else:
        remedy = f"Name the authority that signed it with {_ROOTS}"
    return f"The certificate of the {server} is not trusted: {what}. {remedy}."


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _reason(error: ssl.SSLError) -> str:
    return getattr(error, "reason", None) or str(error)
