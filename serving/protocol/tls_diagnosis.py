"""Why no connection came about, where TLS is the reason.

gRPC says 'failed to connect' whatever it was. So a handshake is made once more, by Python's own
TLS, which tells what went wrong.
"""

import socket
import ssl

from serving.protocol.addresses import split_address
from serving.protocol.tls import Tls

_SECONDS = 2.0
_ABOUT_US = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE")  # in the server's alerts
_ROOTS = "--root-certificates FILE"


def tls_trouble(address: str, tls: Tls | None) -> str | None:
    """Returns what keeps the two ends apart and the way out, or None if it is not TLS.

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
            f"The model server at {address} speaks plain text, and was asked with TLS. Name its "
            "TLS port; or leave TLS out, by --no-tls, if the way there is safe."
        )
    except OSError:  # nobody listens, or the line is dead
        return None
    if tls is None:
        return (
            f"The model server at {address} wants TLS, and was asked in plain text. Say --tls, or "
            f"{_ROOTS} if an authority of your own signed its certificate."
        )
    return None if refusal is None else _in_words(address, tls, refusal)


class _NotTlsError(Exception):
    """The other end answers, but not with TLS."""


def _shake_hands(address: str, context: ssl.SSLContext) -> ssl.SSLError | None:
    """Returns why one of the two ends gave up, or None.

    Raises:
        OSError: there is nobody to shake hands with.
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
    """By TLS 1.3, a client that is not let in learns it after the handshake only.

    Some servers say why, gRPC's own hangs up; one that lets a client in greets it, or waits.
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
            f"The {server} turns away whom it does not know: it wants a certificate that it "
            f"trusts, and {shown}. Give one with --client-certificate and --client-key."
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
