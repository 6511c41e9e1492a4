"""A server that speaks Kubeflow Pipelines' v2beta1 API on localhost and keeps what it is given.

It is as strict as the real one: a field that the API does not know, a parameter that the pipeline
does not have or an id that does not exist is refused, in the real server's form.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

API = "/apis/v2beta1"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
EMPTY_TIME = "1970-01-01T00:00:00Z"

# === The shapes of the API ===

text, flag = (str,), (bool,)
PARAMETERS: Any = dict
SHAPES: dict[str, dict[str, Any]] = {
    "experiment": {"display_name": text, "description": text, "namespace": text},
    "version_reference": {"pipeline_id": text, "pipeline_version_id": text},
    "runtime_config": {"parameters": PARAMETERS, "pipeline_root": text},
    "cron_schedule": {"cron": text, "start_time": "time", "end_time": "time"},
    "trigger": {"cron_schedule": "cron_schedule"},
    "run": {
        "experiment_id": text,
        "display_name": text,
        "description": text,
        "pipeline_version_reference": "version_reference",
        "runtime_config": "runtime_config",
        "service_account": text,
    },
    "recurring_run": {
        "experiment_id": text,
        "display_name": text,
        "description": text,
        "pipeline_version_reference": "version_reference",
        "runtime_config": "runtime_config",
        "service_account": text,
        "max_concurrency": (int, str),
        "trigger": "trigger",
        "mode": text,
        "no_catchup": flag,
    },
    "predicate": {"operation": (int, str), "key": text, "string_value": text},
}
LIST_QUERY = {"page_token", "page_size", "sort_by", "filter", "namespace"}


class RefusedError(Exception):
    def __init__(self, status: int, message: str, code: int = 3):
        self.status, self.message, self.code = status, message, code


def snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def checked(values: Any, shape: str) -> dict[str, Any]:
    """Returns the values by the names of the API's protocol buffers; both spellings are read."""
    if not isinstance(values, dict):
        raise RefusedError(400, f"proto: syntax error: unexpected token {json.dumps(values)}")
    fields = SHAPES[shape]
    result = {}
    for given, value in values.items():
        name = snake(given)
        if name not in fields:
            raise RefusedError(400, f'proto: (line 1:2): unknown field "{given}"')
        kind = fields[name]
        if kind == "time":
            if not TIMESTAMP.fullmatch(value):
                raise RefusedError(400, f"proto: invalid google.protobuf.Timestamp value {value!r}")
        elif isinstance(kind, str):
            value = checked(value, kind)
        elif not isinstance(value, kind) or (isinstance(value, bool) and kind != flag):
            raise RefusedError(400, f"proto: invalid value for field {given}: {value!r}")
        result[name] = value
    return result


# === What the server keeps ===


class PipelinesServer:
    """The state behind the HTTP.

    Attributes:
        multi_user: whether requests need a namespace.
        forbidden: namespaces in which nothing is allowed.
        token: wanted as bearer; None lets everybody in.
        users: name → password of Dex; None: no Dex before the API.
        web_page: whether every path answers with a page, as a dashboard does.
        first_api_only: whether v2beta1 is unknown.
        largest_page: items of a list at most, however many are asked for.
        requests: (method, path, headers in lower case) of each request.
    """

    def __init__(self) -> None:
        self.multi_user = False
        self.forbidden: set[str] = set()
        self.token: str | None = None
        self.users: dict[str, str] | None = None
        self.sessions: set[str] = set()
        self.web_page = self.first_api_only = False
        self.largest_page = 200
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.experiments: list[dict] = []
        self.pipelines: list[dict] = []
        self.versions: list[dict] = []
        self.runs: list[dict] = []
        self.schedules: list[dict] = []
        self._clock = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)

    def now(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.strftime("%Y-%m-%dT%H:%M:%SZ")

    def change(self, run_id: str, state: str, *tasks: dict, **values: Any) -> None:
        """Lets a run go on, as the cluster does."""
        run = one(self.runs, "run_id", run_id)
        details = {"run_details": {"task_details": list(tasks)}} if tasks else {}
        run.update(state=state, **details, **values)

    # --- Experiments, pipelines ---

    def create_experiment(self, body: Any, query: dict) -> dict:
        values = checked(body, "experiment")
        self.allow(values.get("namespace"))
        if any(values["display_name"] == known["display_name"] for known in self.experiments):
            raise RefusedError(409, f"AlreadyExists: experiment {values['display_name']}", 6)
        made = {**values, "experiment_id": str(uuid.uuid4()), "created_at": self.now()}
        self.experiments.append(made)
        return made

    def upload(self, body: bytes, query: dict) -> dict:
        self.allow(query.get("namespace"), shared=True)
        spec = self.package(body)
        name = query["name"]
        if any(name == known["display_name"] for known in self.pipelines):
            raise RefusedError(409, "Failed to create a pipeline and a pipeline version")
        pipeline = {
            "pipeline_id": str(uuid.uuid4()),
            "display_name": name,
            "description": query.get("description", ""),
            "namespace": query.get("namespace", ""),
            "created_at": self.now(),
        }
        self.pipelines.append(pipeline)
        self.add_version(pipeline, name, query, spec)
        return pipeline

    def upload_version(self, body: bytes, query: dict) -> dict:
        spec = self.package(body)
        pipeline = one(self.pipelines, "pipeline_id", query["pipelineid"])
        self.allow(pipeline["namespace"], shared=True)
        if any(query["name"] == known["display_name"] for known in self.versions):
            raise RefusedError(409, "Failed to create a pipeline version")
        return self.add_version(pipeline, query["name"], query, spec)

    def add_version(self, pipeline: dict, name: str, query: dict, spec: dict) -> dict:
        version = {
            "pipeline_id": pipeline["pipeline_id"],
            "pipeline_version_id": str(uuid.uuid4()),
            "display_name": name,
            "description": query.get("description", ""),
            "created_at": self.now(),
            "pipeline_spec": spec,
        }
        self.versions.append(version)
        return version

    def package(self, body: bytes) -> dict:
        try:
            documents = [found for found in yaml.safe_load_all(body) if found]
        except yaml.YAMLError:
            documents = []
        if not documents or not {"pipelineInfo", "root", "schemaVersion"} <= set(documents[0]):
            raise RefusedError(400, "Failed to create a pipeline: invalid v2 pipeline spec")
        if any("system.runtime/broken" in str(document) for document in documents):
            raise RefusedError(
                400, "InvalidInputError: unknown template format: pipeline spec is invalid"
            )
        if len(documents) == 1:
            return documents[0]
        return {"pipeline_spec": documents[0], "platform_spec": documents[1]}

    # --- Runs and schedules ---

    def create_run(self, body: Any, query: dict) -> dict:
        values = self.job(checked(body, "run"))
        made = {**values, "run_id": str(uuid.uuid4()), "created_at": self.now(), "state": "PENDING"}
        self.runs.append(made)
        return made

    def create_schedule(self, body: Any, query: dict) -> dict:
        values = self.job(checked(body, "recurring_run"))
        if not 1 <= int(values.get("max_concurrency", 0)) <= 10:
            raise RefusedError(
                400, "Max concurrency of a recurring run must be at least 1, at most 10."
            )
        if values.get("mode") not in ("ENABLE", "DISABLE"):
            raise RefusedError(400, f"invalid value for enum field mode: {values.get('mode')!r}")
        # The real one reads five fields too, and wrongly.
        if len(values["trigger"]["cron_schedule"]["cron"].split()) not in (5, 6):
            raise RefusedError(
                400, "Schedule cron is not a supported format. Expected 5 to 6 fields"
            )
        made = {
            **values,
            "recurring_run_id": str(uuid.uuid4()),
            "created_at": self.now(),
            "status": "ENABLED" if values["mode"] == "ENABLE" else "DISABLED",
            "max_concurrency": str(values["max_concurrency"]),
        }
        self.schedules.append(made)
        return made

    def job(self, values: dict) -> dict:
        experiment = one(self.experiments, "experiment_id", values["experiment_id"])
        self.allow(experiment.get("namespace"))
        reference = values["pipeline_version_reference"]
        version = one(self.versions, "pipeline_version_id", reference["pipeline_version_id"])
        spec = version["pipeline_spec"]
        declared = spec.get("pipeline_spec", spec)["root"].get("inputDefinitions", {})
        declared = declared.get("parameters", {})
        given = values.get("runtime_config", {}).get("parameters", {})
        if stray := set(given) - set(declared):
            raise RefusedError(400, f"InvalidInputError: unexpected parameters {sorted(stray)}")
        needed = {name for name, one in declared.items() if "defaultValue" not in one}
        if missing := needed - set(given):
            raise RefusedError(400, f"InvalidInputError: missing parameters {sorted(missing)}")
        return {**values, "namespace": experiment.get("namespace", "")}

    # --- Rights and lists ---

    def allow(self, namespace: str | None, *, shared: bool = False) -> None:
        if not self.multi_user:
            return
        if not namespace and not shared:
            raise RefusedError(400, "InvalidInputError: a namespace is required in multi-user mode")
        if namespace in self.forbidden:
            message = f"User 'ada' is not authorized with reason: no role in {namespace!r}"
            raise RefusedError(403, message, 7)

    def listed(self, items: list[dict], key: str, query: dict, *, shared: bool = False) -> dict:
        self.allow(query.get("namespace"), shared=shared)
        if self.multi_user:
            items = [one for one in items if one.get("namespace") == query.get("namespace", "")]
        for predicate in json.loads(query.get("filter") or "{}").get("predicates", []):
            predicate = checked(predicate, "predicate")
            if predicate["operation"] not in (1, "EQUALS"):
                raise RefusedError(400, f"unsupported operation {predicate['operation']}")
            items = [one for one in items if one[predicate["key"]] == predicate["string_value"]]
        if query.get("sort_by", "created_at") not in ("", "created_at", "created_at desc"):
            raise RefusedError(400, f"Invalid sorting field {query['sort_by']!r}")
        if query.get("sort_by", "").endswith("desc"):
            items = items[::-1]
        begin = int(query.get("page_token") or 0)
        size = min(int(query.get("page_size") or 20), self.largest_page)
        answer: dict[str, Any] = {"total_size": len(items), key: items[begin : begin + size]}
        if begin + size < len(items):
            answer["next_page_token"] = str(begin + size)
        return answer


def one(items: list[dict], key: str, wanted: str) -> dict:
    for item in items:
        if item[key] == wanted:
            return item
    raise RefusedError(404, f"ResourceNotFoundError: {key} {wanted} not found.", 5)


def task(name: str, state: str, **values: Any) -> dict:
    """A task as the server lists it; it leaves most fields empty, and times at zero."""
    return {
        "task_id": str(uuid.uuid4()),
        "display_name": name,
        "create_time": "2026-11-20T12:00:00Z",
        "start_time": EMPTY_TIME,
        "end_time": EMPTY_TIME,
        "state": state,
        "parent_task_id": "root",
        **values,
    }


# === HTTP ===

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
        return {}

    def stop(body: Any, query: dict, identity: str) -> dict:
        one(server.runs, "run_id", identity)["state"] = "CANCELING"
        return {}

    def versions(body: Any, query: dict, identity: str) -> dict:
        pipeline = one(server.pipelines, "pipeline_id", identity)
        found = [{**version, "namespace": pipeline["namespace"]} for version in server.versions]
        found = [version for version in found if version["pipeline_id"] == identity]
        return server.listed(
            found, "pipeline_versions", query | {"namespace": pipeline["namespace"]}, shared=True
        )

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
        ("POST", "/runs", {"experiment_id"}, server.create_run),
        ("GET", "/runs", run_query, lists(server.runs, "runs")),
        ("GET", f"/runs{identity}", {"experiment_id"}, get(server.runs, "run_id")),
        ("POST", f"/runs{identity}:terminate", set(), stop),
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
        if self.state.users is not None and (gone := self.through_dex(parts.path, raw)):
            return gone()
        if self.state.token and self.headers.get("Authorization") != f"Bearer {self.state.token}":
            return self.answer(401, {"error": "Unauthenticated", "code": 16})
        if self.state.first_api_only and parts.path == "/apis/v1beta1/healthz":
            return self.answer(200, {"tag_name": "1.8.5", "multi_user": False})
        upload = "/upload" in parts.path
        try:
            return self.answer(200, self.dispatch(parts.path, query, raw))
        except RefusedError as refused:
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
        (part,) = message.get_payload()
        if part.get_param("name", header="content-disposition") != "uploadfile":
            raise RefusedError(400, "Failed to read pipeline from file")
        return part.get_payload(decode=True)

    def through_dex(self, path: str, raw: bytes) -> Callable[[], None] | None:
        """Returns what to answer instead of the API; None for somebody who is logged in."""
        cookies = self.headers.get("Cookie", "")
        if any(f"oauth2_proxy={session}" in cookies for session in self.state.sessions):
            return None
        if path == "/dex/auth":
            return lambda: self.answer(200, "<html><a href='/dex/auth/local'>Log in</a></html>")
        if path == "/dex/auth/local":
            return lambda: self.redirect("/dex/auth/local/login?state=abc")
        if path == "/dex/auth/local/login" and self.command == "POST":
            form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            if (self.state.users or {}).get(form["login"]) != form["password"]:
                return lambda: self.answer(401, "<form>Invalid <input name='password'></form>")
            return lambda: self.redirect("/dex/approval?req=1")
        if path == "/dex/auth/local/login":
            return lambda: self.answer(
                200, "<form><input name='login'><input name='password'></form>"
            )
        if path == "/dex/approval" and self.command == "POST":
            session = str(uuid.uuid4())
            self.state.sessions.add(session)
            return lambda: self.redirect("/", f"oauth2_proxy={session}; Path=/")
        if path == "/dex/approval":
            return lambda: self.answer(200, "<form>Grant access</form>")
        return lambda: self.redirect("/dex/auth?client_id=kubeflow")

    def redirect(self, place: str, cookie: str | None = None) -> None:
        self.send_response(303 if self.command == "POST" else 302)
        self.send_header("Location", place)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status: int, body: Any) -> None:
        page = isinstance(body, str)
        content = (body if page else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if page else "application/json")
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
