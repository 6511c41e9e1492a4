"""The addresses of the page."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from components.imaging.images import UnreadableImage
from serving.app.answers import Answer, answer_each
from serving.app.language import COOKIE, LANGUAGES
from serving.app.model import Health
from serving.app.rendering import error_text, render, translations_for
from serving.app.samples import Sample
from serving.app.security import SESSION_COOKIE, SESSION_SECONDS
from serving.app.state import State
from serving.app.uploads import RefusedUploadError, Upload, read_uploads

_LONGEST_FORM = 4096  # bytes of the form to sign in
_LANGUAGE_SECONDS = 365 * 24 * 3600

router = APIRouter()


def state_of(request: Request) -> State:
    """Returns what all requests share."""
    return request.app.state.shared


# === The page ===


@router.get("/")
def show_page(request: Request) -> Response:
    """The page, without answers yet."""
    return _page(request)


@router.get("/status")
def show_status(request: Request, seen: str = "") -> Response:
    """The line about the model; nothing where the visitor has seen it already."""
    health = state_of(request).model.health()
    if seen == _mark(health):
        return Response(status_code=204)
    settings = state_of(request).settings
    return render("status.html", request, settings, health=health, seen=_mark(health))


@router.get("/healthz")
def show_alive() -> Response:
    """For probes: this process answers. The model's health is the model server's own business."""
    return PlainTextResponse("ok")


@router.get("/language")
def choose_language(request: Request, to: str = "") -> Response:
    """Remembers the language that a visitor chose."""
    response = RedirectResponse("/", 303)
    if to in LANGUAGES:
        _set_cookie(request, response, COOKIE, to, _LANGUAGE_SECONDS)
    return response


# === Answers ===


@router.post("/answers")
async def answer_upload(request: Request) -> Response:
    """Answers the images of an upload."""
    state = state_of(request)
    async with state.uploads:
        try:
            uploads = await read_uploads(request, state.settings.limits)
        except RefusedUploadError as refused:
            return await run_sync(partial(_refusal, request, refused.kind, refused.status))
        return await run_sync(partial(_answers, request, uploads))


@router.post("/samples/{number:int}")
async def answer_sample(request: Request, number: int) -> Response:
    """Answers a sample, as if it had been uploaded."""
    state = state_of(request)
    try:
        upload = await run_sync(partial(state.samples.upload, _sample(request, number)))
    except OSError:
        return await run_sync(partial(_refusal, request, "no_sample", 404))
    async with state.uploads:
        return await run_sync(partial(_answers, request, [upload]))


@router.get("/samples/{number:int}/thumbnail")
def show_thumbnail(request: Request, number: int) -> Response:
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
    if not state_of(request).guard.needs_token:
        return RedirectResponse("/", 303)
    return _login_page(request)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Hands out a session for the token."""
    state = state_of(request)
    if not state.guard.knows(await _form_value(request, "token")):
        await anyio.sleep(state.settings.refusal_pause)
        return _login_page(request, 401)
    response = RedirectResponse("/", 303)
    _set_cookie(request, response, SESSION_COOKIE, state.guard.new_session(), SESSION_SECONDS)
    return response


@router.post("/logout")
def sign_out() -> Response:
    """Forgets the session in the browser."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


# === Helpers ===


def _answers(request: Request, uploads: list[Upload]) -> Response:
    state = state_of(request)
    pixels = state.settings.limits.pixels
    return _batch(request, answers=list(answer_each(uploads, state.model, state.log, pixels)))


def _refusal(request: Request, kind: str, status: int) -> Response:
    settings = state_of(request).settings
    text = error_text(translations_for(request, settings), settings.limits, kind)
    response = _batch(request, refusal=text, status=status)
    if status in (408, 413):  # what is left of the upload is not read
        response.headers["Connection"] = "close"
    return response


def _batch(
    request: Request, answers: list[Answer] | None = None, refusal: str = "", status: int = 200
) -> Response:
    """A fragment for htmx; the whole page for a browser without scripts."""
    answers = answers or []
    settings = state_of(request).settings
    t = translations_for(request, settings)
    failed = sum(answer.error is not None for answer in answers)
    good = len(answers) - failed
    summary = [refusal] if refusal else []
    summary += [t.count("results.answered", good)] if good else []
    summary += [t.count("results.failed", failed)] if failed else []
    values = {"answers": answers, "refusal": refusal, "summary": " ".join(summary)}
    if "hx-request" in request.headers:
        return render("batch.html", request, settings, status, is_fragment=True, **values)
    return _page(request, status, **values)


def _page(request: Request, status: int = 200, **values: Any) -> Response:
    state = state_of(request)
    health = state.model.health()
    values = {"answers": [], "refusal": "", "summary": "", "is_fragment": False} | values
    return render(
        "page.html",
        request,
        state.settings,
        status,
        health=health,
        seen=_mark(health),
        samples=list(state.samples),
        signed_in=SESSION_COOKIE in request.cookies,
        **values,
    )


def _login_page(request: Request, status: int = 200) -> Response:
    values = {"wrong": status == 401, "signed_in": False}
    return render("login.html", request, state_of(request).settings, status, **values)


def _mark(health: Health) -> str:
    return hashlib.sha256(repr(health).encode()).hexdigest()[:12]


def _sample(request: Request, number: int) -> Sample:
    sample = state_of(request).samples.get(number)
    if sample is None:
        raise HTTPException(404)
    return sample


async def _form_value(request: Request, name: str) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise HTTPException(413)
    return parse_qs(body.decode("utf-8", "replace")).get(name, [""])[0]


def _set_cookie(request: Request, response: Response, name: str, value: str, age: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, age, secure=secure, httponly=True, samesite="strict")
