"""A Kubeflow Pipelines whose runs really run: its API in front of the emulator of its pods.

The real one needs a Kubernetes cluster. Each run has a thread here, each of its containers a
process; tasks appear in the API as the real server lists them.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from subprocess import Popen
from typing import Any

import yaml
from croniter import croniter

from tests.doubles.argo_nodes import EMPTY_TIME, Workflow, pod_log
from tests.doubles.kfp_api_server import start
from tests.doubles.kfp_api_state import PipelinesServer, one
from tests.doubles.kfp_emulator import run_package
from tests.doubles.kfp_package import Package, parse
from tests.doubles.kfp_pod import Run

_CHECK_SECONDS = 0.2


class _StoppedError(Exception):
    """Somebody stopped the run."""


class RunningServer(PipelinesServer):
    """The state of an API server that carries out what is submitted.

    Attributes:
        processes: (run id, task) → the container that runs, or ran last.
        ended: run id → what became of it.
        secrets: of the namespace: name → key → value.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]):
        super().__init__()
        self._folder, self._environment = folder, environment
        self.processes: dict[tuple[str, str], Popen] = {}
        self.ended: dict[str, Run] = {}
        self._workflows: dict[str, Workflow] = {}
        self._starts: dict[str, tuple[str, int]] = {}  # Argo's id → task, which start of it
        self._archived: set[str] = set()  # Argo's ids
        self.secrets: dict[str, dict[str, str]] = {}
        self._stopped: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()
        self._in_thread(self._fire_schedules)

    # --- What the API asks ---

    def now(self) -> str:
        return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def create_run(self, body: Any, query: dict) -> dict:
        made = super().create_run(body, query)
        self._in_thread(self._carry_out, made)
        return made

    def fire(self, schedule: dict) -> dict:
        run = super().fire(schedule)
        run.update({key: schedule[key] for key in ("pipeline_version_reference", "runtime_config")})
        self._in_thread(self._carry_out, run)
        return run

    def change(self, run_id: str, state: str, *tasks: dict, **values: Any) -> None:
        super().change(run_id, state, *tasks, **values)
        if state == "CANCELING":
            self._stopped.add(run_id)
            for (identity, _), process in list(self.processes.items()):
                if identity == run_id:
                    process.kill()

    def retry(self, run: dict) -> None:
        super().retry(run)
        self._in_thread(self._carry_out, run)

    def log(self, run_id: str, pod: str) -> str:
        """Reads the archive, as a server for one user does: nothing of a container that runs."""
        self.logs.pop(pod, None)
        if pod in self._archived:
            name, start = self._starts[pod]
            text = self.logs_of(run_id, name)[start - 1]
            self.logs[pod] = pod_log(text, failed=" Error: " in text)
        return super().log(run_id, pod)

    def logs_of(self, run_id: str, name: str) -> list[str]:
        """Returns the logs of the starts of a task, the latest last."""
        files = (self._folder / run_id).glob(f"{name}-[0-9a-f]*/log-*.txt")
        in_order = sorted(files, key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text(errors="replace") for path in in_order]

    def close(self) -> None:
        """Ends what still runs."""
        self._closed.set()
        for run in self.runs:
            if not run.get("finished_at"):
                self.change(run["run_id"], "CANCELING")
        for thread in self._threads:
            thread.join()

    # --- The workflow controller ---

    def _in_thread(self, work: Any, *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _carry_out(self, run: dict) -> None:
        """Runs the package of a run, and keeps the run's state as the real server does."""
        identity = run["run_id"]
        before = self.ended.get(identity) or Run(identity)  # a retry goes on after what succeeded
        name = run["display_name"].partition(" ")[0].lower()
        made = Workflow(f"{name}-{identity[-5:]}", self.now())
        workflow = self._workflows.setdefault(identity, made)
        followers: dict[str, threading.Thread] = {}

        def show() -> None:
            run["run_details"] = {"task_details": workflow.listed()}

        def watch(name: str, attempt: int, process: Popen) -> None:
            self.processes[identity, name] = process
            if identity in self._stopped:
                process.kill()
                raise _StoppedError
            if attempt > 1:
                followers[name].join()
            now, group = self.now(), groups[name]
            for depth, prepared in enumerate([*group, f"{name}(0)"]):  # each has a driver
                driver = *group[:depth], prepared.replace("(0)", "-driver(0)")
                workflow.set(*driver, state="SUCCEEDED", start_time=now, end_time=now)
            began = {"state": "RUNNING", "start_time": now, "end_time": EMPTY_TIME}
            task = *group, f"{name}(0)"
            executor = *task, f"executor({attempt - 1})"
            for node in (executor, task):
                workflow.set(*node, **began)
            self._starts[workflow.id_of(*executor)] = name, len(self.logs_of(identity, name))
            self._archived.discard(workflow.id_of(*executor))
            followers[name] = self._in_thread(follow, process, [executor, task])
            show()

        def follow(process: Popen, nodes: list[tuple[str, ...]]) -> None:
            failed = process.wait()
            self._archived.add(workflow.id_of(*nodes[0]))
            if failed:  # the task itself may have another attempt
                workflow.set(*nodes[0], state="FAILED", end_time=self.now())
            else:
                for node in nodes:
                    workflow.set(*node, state="SUCCEEDED", end_time=self.now())
            show()

        path = self._folder / f"{identity}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(self._documents(run)))
        package = parse(path)
        groups = dict(_groups(package, package.spec.root.dag))
        self.change(identity, "RUNNING")
        parameters = run.get("runtime_config", {}).get("parameters", {})
        state = "FAILED"
        try:
            done = self.ended[identity] = run_package(
                package,
                parameters,
                self._folder,
                self._environment,
                watch=watch,
                again=before,
                secrets=self.secrets,
            )
            state = "FAILED" if done.failed else "SUCCEEDED"
            for skipped in done.skipped:
                workflow.set("root(0)", skipped, state="SKIPPED")
        except _StoppedError:
            pass
        finally:
            for thread in followers.values():
                thread.join()
            workflow.end(state, self.now())
            self.change(identity, state, *workflow.listed(), finished_at=self.now())

    def _documents(self, run: dict) -> list[dict]:
        reference = run["pipeline_version_reference"]["pipeline_version_id"]
        spec = one(self.versions, "pipeline_version_id", reference)["pipeline_spec"]
        return [spec["pipeline_spec"], spec["platform_spec"]] if "pipeline_spec" in spec else [spec]

    # --- The controller of schedules ---

    def _fire_schedules(self) -> None:
        """Starts the runs of schedules, one at a time of each, in UTC."""
        due: dict[str, float] = {}
        while not self._closed.wait(_CHECK_SECONDS):
            for schedule in list(self.schedules):
                identity = schedule["recurring_run_id"]
                cron = schedule["trigger"]["cron_schedule"]["cron"]
                moment = due.setdefault(identity, _next(cron))
                if time.time() < moment:
                    continue
                due[identity] = _next(cron)
                runs = [run for run in self.runs if run.get("recurring_run_id") == identity]
                if schedule["status"] == "ENABLED" and all(run.get("finished_at") for run in runs):
                    self.fire(schedule)


def _groups(
    package: Package, dag: Any, around: tuple[str, ...] = ("root(0)",)
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields each task that is a container, and Argo's nodes around it."""
    for name, task in dag.tasks.items():
        if (component := package.component(task)).HasField("dag"):
            yield from _groups(package, component.dag, (*around, f"{name}(0)"))
        else:
            yield name, around


def _next(cron: str) -> float:
    now = datetime.now(timezone.utc)
    return float(croniter(cron, now, second_at_beginning=True).get_next(float))


@contextmanager
def kubeflow_pipelines(
    folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple[str, RunningServer]]:
    """Yields the address and the state of a server, whose pods have that environment."""
    state = RunningServer(folder, environment)
    http = start(state)
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}", state
    finally:
        http.shutdown()
        http.server_close()
        state.close()
