"""Kubeflow Pipelines' v2beta1 API over HTTP on localhost, for the state in `kfp_api_state`.

The real server needs a Kubernetes cluster.
"""

import json
import re
import threading
from collections.abc import Callable
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.dex import ask_for_login
from tests.doubles.kfp_api_state import LIST_QUERY, PipelinesServer, RefusedError, one

API = "/apis/v2beta1"
LOG = "/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log"
Route = tuple[str, str, set[str], Callable[..., dict]]


def routes(server: PipelinesServer) -> list[Route]:
    """Method, pattern below the API, names allowed in the query, what is done."""

    def get(items: list[dict], key: str) -> Callable[..., dict]:
        return lambda body, query, identity: one(items, key, identity)

    def switch(status: str) -> Callable[..., dict]:
        def change(body: Any, query: dict, identity: str) -> dict:
            one(server.schedules, "recurring_run_id", identity)["status"] = status
            return {}

        return change

    def delete(body: Any, query: dict, identity: str) -> dict:
        server.schedules.remove(one(server.schedules, "recurring_run_id", identity))
        owned = [run for run in server.runs if run.get("recurring_run_id") == identity]
        server.orphans |= {run["run_id"] for run in owned}
        return {}

    def retry(body: Any, query: dict, identity: str) -> dict:
        server.retry(one(server.runs, "run_id", identity))
        return {}

    def stop(body: Any, query: dict, identity: str) -> dict:
        server.change(identity, "CANCELING")
        return {}

    def versions(body: Any, query: dict, identity: str) -> dict:
        pipeline = one(server.pipelines, "pipeline_id", identity)
        found = [{**version, "namespace": pipeline["namespace"]} for version in server.versions]
        found = [version for version in found if version["pipeline_id"] == identity]
        return server.listed(
            found, "pipeline_versions", query | {"namespace": pipeline["namespace"]}, shared=True
        )

    def version(body: Any, query: dict, pipeline: str, identity: str) -> dict:
        found = one(server.versions, "pipeline_version_id", identity)
        return one([found], "pipeline_id", pipeline)

    def run(body: Any, query: dict, identity: str) -> dict:
        """Shows the tasks of KFP 3 only in its full view, as that does."""
        found = one(server.runs, "run_id", identity)
        if "tasks" not in found or query.get("view") == "FULL":
            return found
        return {key: value for key, value in found.items() if key != "tasks"}

    def lists(items: list[dict], key: str, shared: bool = False) -> Callable[..., dict]:
        return lambda body, query: server.listed(items, key, query, shared=shared)

    identity = "/([^/:]+)"
    run_query = LIST_QUERY | {"experiment_id"}
    uploaded = {"name", "description"}
    return [
        ("GET", "/healthz", set(), lambda body, query: {"multi_user": server.multi_user}),
        ("POST", "/experiments", set(), server.create_experiment),
        ("GET", "/experiments", LIST_QUERY, lists(server.experiments, "experiments")),
        ("POST", "/pipelines/upload", uploaded | {"namespace"}, server.upload),
        ("POST", "/pipelines/upload_version", uploaded | {"pipelineid"}, server.upload_version),
        ("GET", "/pipelines", LIST_QUERY, lists(server.pipelines, "pipelines", shared=True)),
        ("GET", f"/pipelines{identity}/versions", LIST_QUERY, versions),
        ("GET", f"/pipelines{identity}/versions{identity}", set(), version),
        ("POST", "/runs", {"experiment_id"}, server.create_run),
        ("GET", "/runs", run_query, lists(server.runs, "runs")),
        ("GET", f"/runs{identity}", {"experiment_id", "view"}, run),
        ("POST", f"/runs{identity}:terminate", set(), stop),
        ("POST", f"/runs{identity}:retry", set(), retry),
        ("POST", "/recurringruns", set(), server.create_schedule),
        ("GET", "/recurringruns", run_query, lists(server.schedules, "recurringRuns")),
        ("GET", f"/recurringruns{identity}", set(), get(server.schedules, "recurring_run_id")),
        ("POST", f"/recurringruns{identity}:enable", set(), switch("ENABLED")),
        ("POST", f"/recurringruns{identity}:disable", set(), switch("DISABLED")),
        ("DELETE", f"/recurringruns{identity}", set(), delete),
    ]


class Handler(BaseHTTPRequestHandler):
    state: PipelinesServer

    def log_message(self, *arguments: Any) -> None:
        pass

    def handle_any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.requests.append((self.command, parts.path, headers))
        if self.state.web_page:
            return self.answer(200, "<!doctype html><html>Kubeflow dashboard</html>")
        if self.state.users is not None and (gone := ask_for_login(self, parts.path, raw)):
            return gone()
        if self.state.token and self.headers.get("Authorization") != f"Bearer {self.state.token}":
            return self.answer(401, {"error": "Unauthenticated", "code": 16})
        if self.state.first_api_only and parts.path == "/apis/v1beta1/healthz":
            return self.answer(200, {"tag_name": "1.8.5", "multi_user": False})
        if match := re.fullmatch(LOG, parts.path):
            return self.answer(200, self.state.log(*match.groups()), kind="text/plain")
        upload = "/upload" in parts.path
        try:
            return self.answer(200, self.dispatch(parts.path, query, raw))
        except RefusedError as refused:
            body: dict[str, Any]
            if upload:
                details = f"{refused.message}: details"
                body = {"error_message": refused.message, "error_details": details}
            else:
                body = {"error": refused.message, "code": refused.code, "message": refused.message}
            return self.answer(refused.status, body)

    def dispatch(self, path: str, query: dict, raw: bytes) -> dict:
        if self.state.first_api_only:
            raise RefusedError(404, "Not Found", 5)
        for method, pattern, allowed, work in routes(self.state):
            match = re.fullmatch(API + pattern, path)
            if match and method == self.command:
                if stray := set(query) - allowed:
                    raise RefusedError(400, f"unknown query parameters {sorted(stray)}")
                return work(self.content(raw), query, *match.groups())
        raise RefusedError(404, f"Not Found: {self.command} {path}", 5)

    def content(self, raw: bytes) -> Any:
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return json.loads(raw) if raw else None
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw)
        parts: Any = message.get_payload()
        (part,) = parts
        if part.get_param("name", header="content-disposition") != "uploadfile":
            raise RefusedError(400, "Failed to read pipeline from file")
        return part.get_payload(decode=True)

    def redirect(self, place: str, cookie: str | None = None) -> None:
        self.send_response(303 if self.command == "POST" else 302)
        self.send_header("Location", place)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status: int, body: Any, kind: str = "text/html") -> None:
        page = isinstance(body, str)
        content = (body if page else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind if page else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815


def start(state: PipelinesServer) -> ThreadingHTTPServer:
    """Serves the state on a free port of localhost, in a thread."""
    handler = type("BoundHandler", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
