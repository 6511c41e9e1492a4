"""A task of a compiled package as a process here, as KFP's driver and launcher make a pod of it.

Real pods need a Kubernetes cluster.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.doubles.kfp_package import Package

_PLACEHOLDER = re.compile(r"\{\{\$.*?\}\}")


@dataclass
class Attempt:
    """One start of a container."""

    task: str
    code: int
    log: str
    number: int
    seconds: float


@dataclass
class Run:
    """What became of a run.

    Attributes:
        run_id: what the driver puts for `{{$.pipeline_job_uuid}}`.
        attempts: in the order of their ends.
        artifacts: (task, output) → folder or file; only of tasks that succeeded.
        metadata: (task, output) → the values a task gave to an artifact.
        parameters: (task, output) → the parameter a task gave; only of tasks that succeeded.
        skipped: tasks that are DAGs, whose condition did not hold.
    """

    run_id: str
    attempts: list[Attempt] = field(default_factory=list)
    artifacts: dict[tuple[str, str], Path] = field(default_factory=dict)
    metadata: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    parameters: dict[tuple[str, str], Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def failed(self) -> str | None:
        """The task that ended the run, if one did."""
        return self.attempts[-1].task if self.attempts and self.attempts[-1].code else None

    def log(self, task: str) -> str:
        """Returns the logs of all attempts of a task."""
        return "\n".join(attempt.log for attempt in self.attempts if attempt.task == task)


def _end_group(process: int) -> None:
    """Kills what the first process of a container started: it ends with that one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


class Pod:
    """A task, as its driver and its launcher see it."""

    def __init__(
        self,
        package: Package,
        task: str,
        run: Run,
        inputs: Mapping[str, Any],
        work: Path,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ):
        self._task, self._spec, self._run = task, package.tasks[task], run
        self._container = package.container(task)
        self._component = package.component(self._spec)
        self._inputs, self._secrets = inputs, secrets or {}
        self._secrets_as_env = package.platform(task).get("secretAsEnv", [])
        self._folder = work / run.run_id / f"{task}-{uuid.uuid4().hex[:8]}"
        self._folder.mkdir(parents=True)
        self._outputs = {
            key: self._folder / "minio" / key
            for key in self._component.output_definitions.artifacts
        }

    def run(
        self,
        environment: Mapping[str, str],
        watch: Callable[[str, int, subprocess.Popen], None] | None,
        engine: Callable[[list[str]], list[str]],
    ) -> bool:
        """Starts the container; returns whether it succeeded.

        It is started again, as often as the task's policy says, only if the pod vanished, which is
        a signal to its process here. A container that fails is not, by the settings of Argo that
        KFP ships (`retryPolicy: OnError`).
        """
        env = dict(environment)
        env |= {item["name"]: item["value"] for item in self._container.get("env", [])}
        for secret in self._secrets_as_env:
            values = self._secrets[secret["secretName"]]
            env |= {item["envVar"]: values[item["secretKey"]] for item in secret["keyToEnv"]}
        attempts = 1 + self._spec.retry_policy.max_retry_count
        for number in range(1, attempts + 1):
            log = self._folder / f"log-{number}.txt"
            with open(log, "wb") as file:
                command = engine(self._command())
                started = time.monotonic()
                process = subprocess.Popen(
                    command,
                    env=env,
                    cwd=self._folder,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
                if watch:
                    watch(self._task, number, process)
                code = process.wait()
                _end_group(process.pid)
            text = log.read_text(errors="replace")
            seconds = time.monotonic() - started
            self._run.attempts.append(Attempt(self._task, code, text, number, seconds))
            if code == 0:
                self._collect()
            if code >= 0:
                return code == 0
        return False

    def _command(self) -> list[str]:
        """Does what the launcher does with the placeholders."""
        words = [*self._container["command"], *self._container["args"]]
        return [_PLACEHOLDER.sub(lambda match: self._value(match[0]), word) for word in words]

    def _value(self, placeholder: str) -> str:
        if placeholder == "{{$}}":
            return json.dumps(self._executor_input())
        if match := re.fullmatch(r"\{\{\$\.inputs\.parameters\['(.+)'\]\}\}", placeholder):
            value = self._inputs[match[1]]
            return value if isinstance(value, str) else json.dumps(value)
        if match := re.fullmatch(
            r"\{\{\$\.outputs\.parameters\['(.+)'\]\.output_file\}\}", placeholder
        ):
            self._output_file(match[1]).parent.mkdir(parents=True, exist_ok=True)
            return str(self._output_file(match[1]))
        match = re.fullmatch(r"\{\{\$\.outputs\.artifacts\['(.+)'\]\.path\}\}", placeholder)
        assert match, f"KFP knows no placeholder {placeholder}"
        self._outputs[match[1]].parent.mkdir(parents=True, exist_ok=True)
        return str(self._outputs[match[1]])

    def _output_file(self, parameter: str) -> Path:
        assert parameter in self._component.output_definitions.parameters
        return self._folder / "tmp" / "kfp" / "outputs" / parameter

    def _executor_input(self) -> dict[str, Any]:
        definitions = self._component.output_definitions.artifacts
        artifacts = {
            key: {
                "artifacts": [
                    {
                        "name": key,
                        "uri": f"minio://mlpipeline/v2/{self._task}/{key}",
                        "type": json_format.MessageToDict(definitions[key].artifact_type),
                    }
                ]
            }
            for key in self._outputs
        }
        outputs = {"artifacts": artifacts, "outputFile": str(self._folder / "out" / "output.json")}
        return {"inputs": {"parameterValues": self._inputs}, "outputs": outputs}

    def _collect(self) -> None:
        """Does what the launcher does after a container that succeeded."""
        path = self._folder / "out" / "output.json"
        written = {}
        if path.exists():
            output = json_format.Parse(path.read_text(), pipeline_spec_pb2.ExecutorOutput())
            written = json_format.MessageToDict(output).get("artifacts", {})
        for key, definition in self._component.output_definitions.parameters.items():
            # Others are read as JSON; our packages have none.
            assert definition.parameter_type == pipeline_spec_pb2.ParameterType.STRING
            self._run.parameters[self._task, key] = self._output_file(key).read_text()
        for key, local in self._outputs.items():
            if local.exists():
                self._run.artifacts[self._task, key] = local
            for artifact in written.get(key, {}).get("artifacts", []):
                self._run.metadata[self._task, key] = artifact.get("metadata", {})
