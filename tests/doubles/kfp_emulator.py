"""Runs a compiled package task by task, in place of KFP's workflow controller.

The real one needs a Kubernetes cluster. Each task is a process of its own, started when the tasks
it depends on have succeeded; its placeholders are filled, its outputs are collected, and a pod that
vanished is started again as often as the task's retry policy says. A task that is a DAG itself runs
its own tasks, or skips them all by its trigger policy.
"""

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from tests.doubles.kfp_package import Package
from tests.doubles.kfp_pod import Pod, Run
from tests.paths import ROOT

# Of what KFP's driver evaluates, a language named CEL, this much is in our packages.
CONDITION = re.compile(r"inputs\.parameter_values\['([^']+)'\]\s+== '([^']*)'")


def run_package(
    package: Package,
    parameters: Mapping[str, Any],
    work: Path,
    environment: Mapping[str, str],
    *,
    watch: Callable[[str, int, subprocess.Popen], None] | None = None,
    again: Run | None = None,
    engine: Callable[[list[str]], list[str]] | None = None,
    secrets: Mapping[str, Mapping[str, str]] | None = None,
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
        secrets: of the namespace: name → key → value.
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
        pod = Pod(package, name, run, inputs, work, secrets)
        return pod.run(environment, watch, engine or _start_here)

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


def _start_here(command: list[str]) -> list[str]:
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


def build_image(folder: Path) -> Path:
    """Copies the product as an image holds it, so that an edit does not change it on the way."""
    for room in ("components", "kubeflow", "pipeline", "serving"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=ignore)
    return folder


def light_environment(folder: Path, **more: str) -> dict[str, str]:
    """Returns the variables of a container in which nothing heavy can be imported."""
    folder.mkdir()
    for heavy in ("tensorflow", "tfx", "keras", "kfp"):
        (folder / f"{heavy}.py").write_text("raise ImportError('too heavy for this task')")
    return container_environment(ROOT, PYTHONPATH=f"{folder}:{ROOT}", **more)


def container_environment(image: Path, **more: str) -> dict[str, str]:
    """Returns the variables of a container: this process's, with the image on the path."""
    return {**os.environ, "PYTHONPATH": str(image), **more}
