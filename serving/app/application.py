"""The web page as an ASGI application. TensorFlow is not imported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from serving.app.rendering import error_text, render
from serving.app.routes import refuse, router
from serving.app.security import HEADERS, HTTPS_HEADERS, bearer_of, is_forged
from serving.app.settings import Settings
from serving.app.state import State


def create_app(settings: Settings) -> FastAPI:
    """Makes the page.

    Raises:
        MedtfxError: the samples can't be read.
        OSError: the audit log can't be written.
    """
    # No pages about the interface: programs ask the model server, not this page.
    app = FastAPI(
        title="medtfx", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan
    )
    app.state.shared = State(settings)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.middleware("http")(_protect)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)
    app.add_exception_handler(HTTPException, _explain)
    app.add_exception_handler(Exception, _report_defect)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.shared.close()


async def _protect(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Refuses what is forged or has no token, and adds the headers to every response."""
    response = await _refuse(request) or await call_next(request)
    return _with_headers(request, response)


def _with_headers(request: Request, response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.url.scheme == "https":
        response.headers.update(HTTPS_HEADERS)
    return response


async def _refuse(request: Request) -> Response | None:
    state: State = request.app.state.shared
    if is_forged(request):
        return _error_page(request, "forged", 403)
    if state.auth.admits(request):
        return None
    if bearer_of(request) is not None:
        await state.auth.refuse()
        return PlainTextResponse("wrong token", 401, {"WWW-Authenticate": "Bearer"})
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    return RedirectResponse("/login", 303)


async def _explain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error_page(request, "not_found" if status == 404 else "broken_upload", status)


async def _report_defect(request: Request, _: Exception) -> Response:
    """A defect: the traceback is for the log, not for the visitor."""
    return _with_headers(request, _error_page(request, "defect", 500))


def _error_page(request: Request, kind: str, status: int) -> Response:
    if "hx-request" in request.headers:
        return refuse(request, kind, status)
    text = error_text(request, kind)
    return render("error.html", request, status, text=text, signed_in=False)
