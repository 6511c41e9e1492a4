"""The addresses of the page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from components.imaging.images import UnreadableImage
from serving.app.language import COOKIE, LANGUAGES
from serving.app.model import Health
from serving.app.rendering import error_text, render, translations_for
from serving.app.results import Result, results_of
from serving.app.samples import Sample
from serving.app.security import SESSION_COOKIE, SESSION_SECONDS
from serving.app.state import State
from serving.app.uploads import RefusedUploadError, Upload, read_uploads

_LONGEST_FORM, _FORM_SECONDS = 4096, 10  # bytes of the form to sign in, and its seconds
_LANGUAGE_SECONDS = 365 * 24 * 3600

router = APIRouter()


def state_of(request: Request) -> State:
    """Returns what all requests share."""
    return request.app.state.shared


# === The page ===


@router.get("/")
def show_page(request: Request) -> Response:
    """The page, without results yet."""
    return _page(request)


@router.get("/status")
def show_status(request: Request, seen: str = "") -> Response:
    """The line about the model; nothing where the visitor has seen it already."""
    health = state_of(request).model.health()
    if seen == _mark(health):
        return Response(status_code=204)
    return render("status.html", request, health=health, seen=_mark(health))


@router.get("/healthz")
def show_alive() -> Response:
    """For probes: this process answers. The model server has a probe of its own."""
    return PlainTextResponse("ok")


@router.get("/language")
def choose_language(request: Request, to: str = "") -> Response:
    """Remembers the language that a visitor chose."""
    response = RedirectResponse("/", 303)
    if to in LANGUAGES:
        _set_cookie(request, response, COOKIE, to, _LANGUAGE_SECONDS)
    return response


# === Predictions ===


@router.post("/predictions")
async def predict_upload(request: Request) -> Response:
    """The results of an upload. It takes a slot once it has arrived, so a slow one holds none."""
    state = state_of(request)
    try:
        with state.bodies.hold() as count:
            uploads = await read_uploads(request, state.settings.limits, count)
            async with state.slots:
                return await run_sync(partial(_results, request, uploads))
    except RefusedUploadError as refused:
        return await run_sync(partial(refuse, request, refused.kind, refused.status))


@router.post("/samples/{number}")
async def predict_sample(request: Request, number: str) -> Response:
    """The result of a sample, as if it had been uploaded."""
    state = state_of(request)
    try:
        upload = await run_sync(partial(state.samples.upload, _sample(request, number)))
    except OSError:
        return await run_sync(partial(refuse, request, "no_sample", 404))
    async with state.slots:
        return await run_sync(partial(_results, request, [upload]))


@router.get("/samples/{number}/thumbnail")
def show_thumbnail(request: Request, number: str) -> Response:
    """A small picture of a sample."""
    try:
        picture = state_of(request).samples.thumbnail(_sample(request, number))
    except (OSError, UnreadableImage) as error:
        raise HTTPException(404) from error
    return Response(picture, media_type="image/webp")


# === Signing in ===


@router.get("/login")
def show_login(request: Request) -> Response:
    """The form for the token."""
    if not state_of(request).auth.needs_token:
        return RedirectResponse("/", 303)
    return _login_page(request)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Hands out a session for the token."""
    state = state_of(request)
    if not state.auth.knows(await _form_value(request, "token")):
        await state.auth.refuse()
        return _login_page(request, 401)
    response = RedirectResponse("/", 303)
    _set_cookie(request, response, SESSION_COOKIE, state.auth.new_session(), SESSION_SECONDS)
    return response


@router.post("/logout")
def sign_out(request: Request) -> Response:
    """Ends the session, here and in the browser."""
    state_of(request).auth.end_session(request)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


# === Helpers ===


def _results(request: Request, uploads: list[Upload]) -> Response:
    return _batch(request, list(results_of(uploads, state_of(request))))


def refuse(request: Request, kind: str, status: int) -> Response:
    """The reason why nothing of an upload was read, in the place of results."""
    response = _batch(request, refusal=error_text(request, kind), status=status)
    if status in (408, 413, 503):  # what is left of the upload is not read
        response.headers["Connection"] = "close"
    return response


def _batch(
    request: Request, results: Sequence[Result] = (), refusal: str = "", status: int = 200
) -> Response:
    """A fragment for htmx; the whole page for a browser without scripts."""
    t = translations_for(request)
    failed = sum(result.error is not None for result in results)
    good = len(results) - failed
    summary = [refusal] if refusal else []
    summary += [t.count("results.answered", good)] if good else []
    summary += [t.count("results.failed", failed)] if failed else []
    values = {"results": results, "refusal": refusal, "summary": " ".join(summary)}
    if "hx-request" in request.headers:
        return render("batch.html", request, status, is_fragment=True, **values)
    return _page(request, status, **values)


def _page(request: Request, status: int = 200, **values: Any) -> Response:
    state = state_of(request)
    health = state.model.health()
    values = {"results": [], "refusal": "", "summary": "", "is_fragment": False} | values
    return render(
        "page.html",
        request,
        status,
        health=health,
        seen=_mark(health),
        samples=list(state.samples),
        signed_in=SESSION_COOKIE in request.cookies,
        **values,
    )


def _login_page(request: Request, status: int = 200) -> Response:
    values = {"wrong": status == 401, "signed_in": False}
    return render("login.html", request, status, **values)


def _mark(health: Health) -> str:
    return hashlib.sha256(repr(health).encode()).hexdigest()[:12]


def _sample(request: Request, number: str) -> Sample:
    sample = state_of(request).samples.get(number)
    if sample is None:
        raise HTTPException(404)
    return sample


async def _form_value(request: Request, name: str) -> str:
    body = b""
    try:
        with anyio.fail_after(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_FORM:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    return parse_qs(body.decode("utf-8", "replace")).get(name, [""])[0]


def _set_cookie(request: Request, response: Response, name: str, value: str, age: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, age, secure=secure, httponly=True, samesite="strict")
