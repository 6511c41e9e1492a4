"""What the stand-in for Kubeflow Pipelines' API server keeps, and what it refuses.

The real one needs a Kubernetes cluster. This one is as strict: a field that the API does not know,
a parameter that the pipeline does not have or an id that does not exist is refused, in the real
server's form.
"""

import json
import re
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import yaml

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

# === The shapes of the API ===

text, flag = (str,), (bool,)
PARAMETERS: Any = dict
RUN: dict[str, Any] = {
    "experiment_id": text,
    "display_name": text,
    "description": text,
    "pipeline_version_reference": "version_reference",
    "runtime_config": "runtime_config",
    "service_account": text,
}
SHAPES: dict[str, dict[str, Any]] = {
    "experiment": {"display_name": text, "description": text, "namespace": text},
    "version_reference": {"pipeline_id": text, "pipeline_version_id": text},
    "runtime_config": {"parameters": PARAMETERS, "pipeline_root": text},
    "cron_schedule": {"cron": text, "start_time": "time", "end_time": "time"},
    "trigger": {"cron_schedule": "cron_schedule"},
    "run": RUN,
    "recurring_run": {
        **RUN,
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
        logs: pod → its log.
        waiting: pod → why Kubernetes has not started its container.
        requests: (method, path, headers in lower case) of each request.
        orphans: ids of runs whose schedule was removed: with it goes their workflow, and nobody
            reports what becomes of them.
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
        self.orphans: set[str] = set()
        self.experiments: list[dict] = []
        self.pipelines: list[dict] = []
        self.versions: list[dict] = []
        self.runs: list[dict] = []
        self.schedules: list[dict] = []
        self.logs: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self._clock = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)

    def now(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.strftime("%Y-%m-%dT%H:%M:%SZ")

    def change(self, run_id: str, state: str, *tasks: dict, **values: Any) -> None:
        """Lets a run go on, as the cluster does."""
        run = one(self.runs, "run_id", run_id)
        if run_id in self.orphans:
            return
        run.setdefault("state_history", []).append({"update_time": self.now(), "state": state})
        details = {"run_details": {"task_details": list(tasks)}} if tasks else {}
        run.update(state=state, **details, **values)

    def log(self, run_id: str, pod: str) -> str:
        """The log of a pod; the real one has begun to answer with 200 when it finds none."""
        one(self.runs, "run_id", run_id)
        if pod in self.logs:
            return self.logs[pod]
        reason = f'pods "{pod}" not found'
        if pod in self.waiting:
            reason = f'container "main" in pod "{pod}" is waiting to start: {self.waiting[pod]}'
        message = f"BadRequestError: Failed to read logs for run {run_id}: InternalServerError: "
        message += f"Failed to read logs from pod {pod} due to error opening log stream: {reason}"
        return json.dumps({"error_message": message, "error_details": message})

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

    def fire(self, schedule: dict) -> dict:
        """Starts a run of a schedule, as its controller does."""
        number = sum("recurring_run_id" in run for run in self.runs) + 1
        run = {
            "run_id": str(uuid.uuid4()),
            "display_name": f"{schedule['display_name']}abcde-{number}-1764295200",
            "created_at": self.now(),
            "recurring_run_id": schedule["recurring_run_id"],
            "namespace": schedule["namespace"],
        }
        self.runs.append(run)
        self.change(run["run_id"], "RUNNING")
        return run

    def retry(self, run: dict) -> None:
        """Starts the tasks again that did not succeed."""
        if run["state"] not in ("FAILED", "CANCELED"):
            raise RefusedError(400, "Only a run that failed or was stopped can be retried.")
        run.pop("finished_at")
        self.change(run["run_id"], "RUNNING")

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
