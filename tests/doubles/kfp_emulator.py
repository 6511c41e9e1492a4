"""Runs a compiled package without a cluster, task by task as KFP's driver and launcher do.

The package is parsed strictly: into KFP's own messages, and the Kubernetes document against the
fields of KFP's KubernetesExecutorConfig. Each task is a process of its own, started when the tasks
it depends on have succeeded; its placeholders are filled, what it should have written is collected,
and a failure is retried as often as the task's retry policy says. A task that is a DAG itself runs
its own tasks, or skips them all by its trigger policy.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.paths import ROOT

_PLACEHOLDER = re.compile(r"\{\{\$.*?\}\}")
# Of what KFP's driver evaluates, a language named CEL, this much is in our packages.
CONDITION = re.compile(r"inputs\.parameter_values\['([^']+)'\]\s+== '([^']*)'")

# KubernetesExecutorConfig, as far as the product uses it: field → its own fields.
_KUBERNETES: dict[str, Any] = {
    "nodeSelector": {"labels": dict},
    "tolerations": [{"key": str, "operator": str, "value": str, "effect": str}],
    "pvcMount": [{"constant": str, "mountPath": str}],
    "secretAsEnv": [{"secretName": str, "keyToEnv": [{"secretKey": str, "envVar": str}]}],
    "secretAsVolume": [{"secretName": str, "mountPath": str}],
    "imagePullSecret": [{"secretName": str}],
    "emptyDirMounts": [{"volumeName": str, "mountPath": str, "medium": str, "sizeLimit": str}],
    "activeDeadlineSeconds": str,
}


@dataclass
class Package:
    """A package, strictly parsed."""

    spec: pipeline_spec_pb2.PipelineSpec
    kubernetes: dict[str, dict[str, Any]]

    @property
    def tasks(self) -> Mapping[str, Any]:
        """Task that is a container → its `PipelineTaskSpec`, in whichever DAG."""
        return dict(self._containers(self.spec.root.dag))

    def component(self, task: pipeline_spec_pb2.PipelineTaskSpec) -> Any:
        """Returns the `ComponentSpec` of a task."""
        return self.spec.components[task.component_ref.name]

    def _containers(self, dag: Any) -> Iterator[tuple[str, Any]]:
        for name, task in dag.tasks.items():
            component = self.component(task)
            if component.HasField("dag"):
                yield from self._containers(component.dag)
            else:
                yield name, task

    def container(self, task: str) -> dict[str, Any]:
        """Returns the container of a task, as the deployment document describes it."""
        label = self.component(self.tasks[task]).executor_label
        executors = json_format.MessageToDict(self.spec.deployment_spec)["executors"]
        return executors[label]["container"]

    def platform(self, task: str) -> dict[str, Any]:
        """Returns the Kubernetes settings of a task."""
        label = self.component(self.tasks[task]).executor_label
        return self.kubernetes.get(label, {})


def parse(path: Path) -> Package:
    """Parses a package.

    Raises:
        json_format.ParseError: something is no field of KFP's messages.
        AssertionError: something is not as KFP's server wants it.
    """
    first, *rest = yaml.safe_load_all(path.read_text())
    spec = json_format.ParseDict(first, pipeline_spec_pb2.PipelineSpec())
    assert spec.schema_version == "2.1.0"
    containers = json_format.ParseDict(
        first["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig()
    )
    labels = {c.executor_label for c in spec.components.values() if not c.HasField("dag")}
    assert labels == set(containers.executors)
    kubernetes: dict[str, dict[str, Any]] = {}
    if rest:
        json_format.ParseDict(rest[0], pipeline_spec_pb2.PlatformSpec())
        kubernetes = rest[0]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        assert set(kubernetes) <= set(containers.executors)
    for config in kubernetes.values():
        _check(config, _KUBERNETES)
    return Package(spec, kubernetes)


def _check(value: Any, shape: Any) -> None:
    if isinstance(shape, type):
        assert isinstance(value, shape), (value, shape)
    elif isinstance(shape, list):
        for item in value:
            _check(item, shape[0])
    else:
        assert set(value) <= set(shape), f"{set(value) - set(shape)} is no field of KFP's"
        for key, item in value.items():
            _check(item, shape[key])


@dataclass
class Attempt:
    """One start of a container."""

    task: str
    code: int
    log: str
    number: int


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


def run_package(
    package: Package,
    parameters: Mapping[str, Any],
    work: Path,
    environment: Mapping[str, str],
    *,
    watch: Callable[[str, int, subprocess.Popen], None] | None = None,
    again: Run | None = None,
    engine: Callable[[list[str]], list[str]] | None = None,
) -> Run:
    """Runs the tasks until all have succeeded, or one has failed for good.

    Args:
        package: parsed.
        parameters: of the run; what is missing must have a default.
        work: folder for pods, logs and KFP's own artifacts.
        environment: of the containers, beside what the package gives.
        watch: called with task, number of the attempt and process of each container started.
        again: a run to repeat from the task that failed, as KFP's retry does.
        engine: command of a container → what starts it; without, it is started by this Python.
    """
    run = Run(again.run_id if again else str(uuid.uuid4()))
    if again:
        run.parameters |= again.parameters
    done = {attempt.task for attempt in again.attempts if not attempt.code} if again else set()
    values = _run_parameters(package, parameters)

    def run_dag(dag: Any, values: Mapping[str, Any]) -> bool:
        left = {name: task for name, task in dag.tasks.items() if name not in done}
        while left:
            ready = [
                name for name, task in left.items() if not set(task.dependent_tasks) & set(left)
            ]
            assert ready, "the tasks wait for each other"
            # Any order that the package allows must do; this one puts off what nobody waits for.
            name = max(ready)
            if not run_one(name, left.pop(name), values):
                return False
        return True

    def run_one(name: str, task: Any, values: Mapping[str, Any]) -> bool:
        inputs = _resolve(package.component(task), task, values, run)
        if not _triggered(task, inputs):
            run.skipped.append(name)
            return True
        if package.component(task).HasField("dag"):
            return run_dag(package.component(task).dag, inputs)
        pod = _Pod(package, name, run, inputs, work)
        return pod.run(environment, watch, engine or _here)

    run_dag(package.spec.root.dag, values)
    return run


def _resolve(component: Any, task: Any, values: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Finds the inputs of a task, as the driver does before it starts."""
    inputs = {}
    for name, source in task.inputs.parameters.items():
        if source.HasField("component_input_parameter"):
            inputs[name] = values[source.component_input_parameter]
        elif source.HasField("task_output_parameter"):
            output = source.task_output_parameter
            assert output.producer_task in task.dependent_tasks
            inputs[name] = run.parameters[output.producer_task, output.output_parameter_key]
        else:
            constant = json_format.MessageToDict(source.runtime_value.constant)
            runtime = {"{{$.pipeline_job_uuid}}": run.run_id}
            inputs[name] = runtime.get(constant, constant)
    assert set(inputs) == set(component.input_definitions.parameters)
    return inputs


def _triggered(task: Any, inputs: Mapping[str, Any]) -> bool:
    """Whether the condition of a task holds, if it has one."""
    condition = task.trigger_policy.condition
    if not condition:
        return True
    match = CONDITION.fullmatch(condition)
    assert match, f"no condition that is known here: {condition}"
    return inputs[match[1]] == match[2]


def _run_parameters(package: Package, given: Mapping[str, Any]) -> dict[str, Any]:
    known = package.spec.root.input_definitions.parameters
    assert set(given) <= set(known), f"{set(given) - set(known)} is no parameter of the package"
    defaults = {
        name: json_format.MessageToDict(parameter.default_value)
        for name, parameter in known.items()
        if parameter.HasField("default_value")
    }
    values = {**defaults, **given}
    assert set(values) == set(known), f"{set(known) - set(values)} must be given"
    return values


class _Pod:
    """A task, as its driver and its launcher see it."""

    def __init__(
        self, package: Package, task: str, run: Run, inputs: Mapping[str, Any], work: Path
    ):
        self._task, self._spec, self._run = task, package.tasks[task], run
        self._container = package.container(task)
        self._component = package.component(self._spec)
        self._inputs = inputs
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
        """Starts the container, again as its policy says; returns whether it succeeded."""
        env = dict(environment)
        env |= {item["name"]: item["value"] for item in self._container.get("env", [])}
        attempts = 1 + self._spec.retry_policy.max_retry_count
        for number in range(1, attempts + 1):
            log = self._folder / f"log-{number}.txt"
            with open(log, "wb") as file:
                command = engine(self._command())
                process = subprocess.Popen(
                    command, env=env, cwd=self._folder, stdout=file, stderr=file
                )
                if watch:
                    watch(self._task, number, process)
                code = process.wait()
            text = log.read_text(errors="replace")
            self._run.attempts.append(Attempt(self._task, code, text, number))
            if code == 0:
                self._collect()
                return True
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


def _here(command: list[str]) -> list[str]:
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


def build_image(folder: Path) -> Path:
    """Copies the product as an image holds it, so that an edit does not change it on the way."""
    for room in ("components", "kubeflow", "pipeline", "serving"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=ignore)
    return folder


def container_environment(image: Path, **more: str) -> dict[str, str]:
    """Returns the variables of a container: this process's, with the image on the path."""
    return {**os.environ, "PYTHONPATH": str(image), **more}
