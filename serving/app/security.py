"""Who may use the page, and what a browser may do with it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from urllib.parse import urlsplit

from starlette.requests import Request

log = logging.getLogger(__name__)

SESSION_COOKIE = "medtfx_session"
SESSION_SECONDS = 12 * 3600

_OPEN = ("/login", "/healthz", "/language")  # and what is below /static/

# data: is for the images of results alone, which are kept nowhere and so have no address.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PATIENCE, _LONGEST_PAUSE = 10, 60.0  # wrong tokens before the pause doubles, and its seconds

# Over HTTPS alone: browsers then refuse to come back without it, for a year.
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not 'no-referrer': browsers then send `Origin: null`, which looks like a forgery.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SessionAuth:
    """Knows the token, and the sessions of those who have shown it.

    Sessions are kept in memory: one that was signed out of, or that began before a restart, is
    worth nothing.

    Args:
        token: None lets everybody in.
        pause: seconds before a wrong token gets its response; doubled after ten of them.
    """

    def __init__(self, token: str | None, pause: float = 1.0) -> None:
        self.needs_token = token is not None
        self._token, self._pause = (token or "").encode(), pause
        self._ends: dict[str, float] = {}  # session → when it ends
        self._wrong = 0
        self._refusing = asyncio.Lock()

    def admits(self, request: Request) -> bool:
        """Whether a request gets its response: an open address, a bearer token, or a session."""
        path = request.url.path
        if not self.needs_token or path in _OPEN or path.startswith("/static/"):
            return True
        bearer = bearer_of(request)
        if bearer is not None:
            return self.knows(bearer)
        return self._ends.get(session_of(request), 0.0) > time.time()

    def knows(self, token: str) -> bool:
        """Whether this is the token; takes as long for a near miss as for a far one."""
        return self.needs_token and hmac.compare_digest(token.encode(), self._token)

    def new_session(self) -> str:
        """Returns the value of a session cookie."""
        now = time.time()
        self._wrong = 0
        self._ends = {session: end for session, end in self._ends.items() if end > now}
        session = secrets.token_urlsafe(32)
        self._ends[session] = now + SESSION_SECONDS
        return session

    def end_session(self, request: Request) -> None:
        """Ends the session of a request, if it has one."""
        self._ends.pop(session_of(request), None)

    async def refuse(self) -> None:
        """Waits before a wrong token gets its response, one after the other, and logs it."""
        async with self._refusing:
            self._wrong += 1
            log.warning("%d wrong tokens since the last right one", self._wrong)
            doubled = min(self._wrong // _PATIENCE, 10)
            await asyncio.sleep(min(self._pause * 2**doubled, _LONGEST_PAUSE))


def session_of(request: Request) -> str:
    """Returns the session cookie of a request, or ''."""
    return request.cookies.get(SESSION_COOKIE, "")


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
