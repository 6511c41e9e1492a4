"""A Kubeflow Pipelines whose runs really run: its API in front of the emulator of its pods.

The real one needs a Kubernetes cluster. Each run has a thread here, each of its containers a
process; tasks appear in the API as the real server lists those of a package with retries.
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

from tests.doubles.kfp_api_server import start
from tests.doubles.kfp_api_state import EMPTY_TIME, PipelinesServer, one, task
from tests.doubles.kfp_emulator import run_package
from tests.doubles.kfp_package import parse
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
        self._tasks: dict[str, dict[str, dict]] = {}
        self._starts: dict[str, dict[str, int]] = {}  # run id → task → its pods
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
        name = pod.rpartition("-")[0]
        self.logs |= {
            f"{name}-{start}": text for start, text in enumerate(self.logs_of(run_id, name), 1)
        }
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
        tasks = self._tasks.setdefault(identity, {})
        starts = self._starts.setdefault(identity, {})
        followers: dict[str, threading.Thread] = {}

        def watch(name: str, attempt: int, process: Popen) -> None:
            self.processes[identity, name] = process
            if identity in self._stopped:
                process.kill()
                raise _StoppedError
            if attempt > 1:
                followers[name].join()
            this = f"{name}({attempt - 1})"
            for key in (f"{name}-driver", name, this):
                tasks.setdefault(key, task(key, "RUNNING", start_time=self.now()))
            tasks[name].update(state="RUNNING", end_time=EMPTY_TIME)
            # A name of its own for each pod, also after a retry of the run.
            starts[name] = starts.get(name, 0) + 1
            tasks[this]["pod_name"] = f"{name}-{starts[name]}"
            tasks[f"{name}-driver"].update(state="SUCCEEDED", end_time=self.now())
            followers[name] = self._in_thread(self._follow, process, [tasks[name], tasks[this]])
            run["run_details"] = {"task_details": list(tasks.values())}

        path = self._folder / f"{identity}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(self._documents(run)))
        self.change(identity, "RUNNING")
        parameters = run.get("runtime_config", {}).get("parameters", {})
        state = "FAILED"
        try:
            done = self.ended[identity] = run_package(
                parse(path),
                parameters,
                self._folder,
                self._environment,
                watch=watch,
                again=before,
                secrets=self.secrets,
            )
            state = "FAILED" if done.failed else "SUCCEEDED"
            tasks |= {name: task(name, "SKIPPED") for name in done.skipped}
        except _StoppedError:
            pass
        finally:
            self.change(identity, state, *tasks.values(), finished_at=self.now())

    def _follow(self, process: Popen, entries: list[dict]) -> None:
        state = "FAILED" if process.wait() else "SUCCEEDED"
        for entry in entries:
            entry.update(state=state, end_time=self.now())

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
