"""Who may use the page, and what a browser may do with it."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlsplit

from starlette.requests import Request

SESSION_COOKIE = "medtfx_session"
SESSION_SECONDS = 12 * 3600
MIN_TOKEN = 16  # characters

_OPEN = ("/login", "/healthz", "/language")  # and what is below /static/

# data: is for the answered images alone, which are kept nowhere and so have no address.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not 'no-referrer': browsers then send `Origin: null`, which can't be told from a forgery.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SessionAuth:
    """Knows the token, and hands out sessions that outlive a restart.

    Args:
        token: None lets everybody in.
    """

    def __init__(self, token: str | None) -> None:
        self.needs_token = token is not None
        self._token = (token or "").encode()

    def admits(self, request: Request) -> bool:
        """Whether a request may be answered: an open address, a bearer token, or a session."""
        if not self.needs_token or is_open(request.url.path):
            return True
        bearer = bearer_of(request)
        if bearer is not None:
            return self.knows(bearer)
        return self._is_session(request.cookies.get(SESSION_COOKIE, ""))

    def knows(self, token: str) -> bool:
        """Whether this is the token; takes as long for a near miss as for a far one."""
        return self.needs_token and _same(token.encode(), self._token)

    def new_session(self) -> str:
        """Returns the value of a session cookie: when it ends, signed with the token."""
        end = str(int(time.time()) + SESSION_SECONDS)
        return f"{end}.{self._sign(end)}"

    def _is_session(self, cookie: str) -> bool:
        end, _, signature = cookie.partition(".")
        if not _same(signature.encode(), self._sign(end).encode()):
            return False
        return time.time() < int(end)  # signed by us, so it is a number

    def _sign(self, text: str) -> str:
        return hmac.new(self._token, f"medtfx session {text}".encode(), hashlib.sha256).hexdigest()


def is_open(path: str) -> bool:
    """Whether an address needs no token."""
    return path in _OPEN or path.startswith("/static/")


def bearer_of(request: Request) -> str | None:
    """Returns the token of the Authorization header, or None where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def is_forged(request: Request) -> bool:
    """Whether a page of another site made the browser send this.

    Programs send neither header; they have no session that could be abused.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)
