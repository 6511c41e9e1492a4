"""The login pages of Dex behind oauth2-proxy, as Kubeflow's gateway shows them.

Both are servers in Go that a cluster runs; for a browser they are a few pages of HTML.
"""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs


def ask_for_login(request: Any, path: str, raw: bytes) -> Callable[[], None] | None:
    """Returns what to answer instead of the API; None for somebody who is logged in."""
    cookies = request.headers.get("Cookie", "")
    if any(f"oauth2_proxy={session}" in cookies for session in request.state.sessions):
        return None
    if path == "/dex/auth":
        return lambda: request.answer(200, "<html><a href='/dex/auth/local'>Log in</a></html>")
    if path == "/dex/auth/local":
        return lambda: request.redirect("/dex/auth/local/login?state=abc")
    if path == "/dex/auth/local/login" and request.command == "POST":
        form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        if (request.state.users or {}).get(form["login"]) != form["password"]:
            return lambda: request.answer(401, "<form>Invalid <input name='password'></form>")
        return lambda: request.redirect("/dex/approval?req=1")
    if path == "/dex/auth/local/login":
        return lambda: request.answer(
            200, "<form><input name='login'><input name='password'></form>"
        )
    if path == "/dex/approval" and request.command == "POST":
        session = str(uuid.uuid4())
        request.state.sessions.add(session)
        return lambda: request.redirect("/", f"oauth2_proxy={session}; Path=/")
    if path == "/dex/approval":
        return lambda: request.answer(200, "<form>Grant access</form>")
    return lambda: request.redirect("/dex/auth?client_id=kubeflow")
