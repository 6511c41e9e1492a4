"""Fills the templates, in the language of the visitor."""

from __future__ import annotations

import re
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from components.runtime.html import html_environment
from serving.app.language import COOKIE, LANGUAGES, Translations, choose_language, texts
from serving.app.settings import MEGABYTE, Settings
from serving.client.overlay import STRENGTH

_TEMPLATES = html_environment(Path(__file__).with_name("templates"))


def breakable(name: str) -> Markup:
    """Lets a file name break after its punctuation, rather than within its words."""
    return Markup(re.sub(r"([_.-])", r"\1<wbr>", str(escape(name))))


_TEMPLATES.filters["breakable"] = breakable


def translations_for(request: Request) -> Translations:
    """Returns the texts in the visitor's language."""
    cookie, accepted = request.cookies.get(COOKIE), request.headers.get("accept-language")
    return texts(choose_language(cookie, _settings(request).language, accepted))


def error_text(request: Request, kind: str) -> str:
    """Returns the text for an error of this kind, in the visitor's language."""
    limits = _settings(request).limits
    return translations_for(request)(
        f"error.{kind}",
        files=limits.files,
        megabytes=limits.file_bytes // MEGABYTE,
        total=limits.request_bytes // MEGABYTE,
        seconds=f"{limits.seconds:g}",
    )


def render(template: str, request: Request, status: int = 200, **values: Any) -> HTMLResponse:
    """Returns a template as a response.

    Args:
        template: its file name.
        request: whose language is meant.
        status: of the HTTP response.
        values: for the template, beside those that every template gets.
    """
    settings = _settings(request)
    page = _TEMPLATES.get_template(template).render(
        t=translations_for(request),
        languages=[texts(language) for language in LANGUAGES],
        model=settings.model,
        limits=settings.limits,
        megabytes=settings.limits.file_bytes // MEGABYTE,
        error_text=partial(error_text, request),
        heat_strength=round(100 * STRENGTH),
        # At random, as results of several uploads come together on one page.
        new_id=lambda: secrets.token_hex(4),
        **values,
    )
    return HTMLResponse(page, status)


def _settings(request: Request) -> Settings:
    return request.app.state.shared.settings
