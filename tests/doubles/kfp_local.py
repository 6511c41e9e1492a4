"""Runs a compiled package by KFP's own local orchestrator, each container as a process here.

Real containers need an engine and the image. This checks `kfp_emulator`: order, parameters,
placeholders, outputs and the group of nodes that runs or is skipped come from KFP's code here.
Retries and the platform are left out.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.kfp_emulator import CONDITION

# Before, it refused packages with `dsl.If`.
_SINCE = (2, 16)


@dataclass
class LocalRun:
    """What became of a run.

    Attributes:
        logs: task → what its container printed, in the order of their starts.
        failed: the task that ended the run, if one did.
        outputs: folder with a folder for each task's outputs.
    """

    outputs: Path
    logs: dict[str, str] = field(default_factory=dict)
    failed: str | None = None

    def output(self, task: str, name: str) -> str:
        """Returns the text of an output."""
        (found,) = self.outputs.glob(f"**/{task}/{name}")
        return found.read_text()


def skip_without() -> None:
    """Skips a test where KFP's SDK can't do this."""
    import kfp

    if tuple(map(int, kfp.__version__.split(".")[:2])) < _SINCE:
        pytest.skip(f"kfp {kfp.__version__} runs no package with a condition; stack `current` does")


def run_locally(
    package: Path,
    parameters: Mapping[str, Any],
    work: Path,
    environment: Mapping[str, str],
    python: str = sys.executable,
) -> LocalRun:
    """Runs a package to its end, or until a task has failed.

    Args:
        package: the compiled file.
        parameters: of the run; what is missing must have a default.
        work: new folder for KFP's outputs.
        environment: of the containers.
        python: the interpreter in the image.
    """
    from kfp import components, local
    from kfp.local import config, status, subprocess_task_handler
    from kfp.local.orchestrator import enhanced_dag_orchestrator

    run = LocalRun(work)

    class Container:
        """Stands for a container: KFP's own handler of processes takes Python functions alone."""

        def __init__(self, image: str, full_command: list[str], *_: Any, **__: Any):
            assert image == "medtfx:1" and full_command[0] == "python"
            self._command = [python, *full_command[1:]]

        def run(self) -> status.Status:
            done = subprocess.run(
                self._command,
                env=dict(environment),
                cwd=work,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            task = _task(self._command)
            run.logs[task] = done.stdout
            run.failed = task if done.returncode else None
            return status.Status.FAILURE if done.returncode else status.Status.SUCCESS

    work.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess_task_handler, "SubprocessTaskHandler", Container)
        patch.setattr(
            enhanced_dag_orchestrator.ConditionEvaluator, "evaluate_condition", staticmethod(_holds)
        )
        # Put back afterwards, or every component called in this process would run.
        patch.setattr(config.LocalExecutionConfig, "instance", None)
        local.init(local.SubprocessRunner(use_venv=False), str(work), str(work / "workspace"))
        try:
            components.load_component_from_file(str(package))(**parameters)
        except RuntimeError:
            assert run.failed, "KFP failed, and none of the tasks"
    return run


def _task(command: list[str]) -> str:
    if "--node" in command:
        return command[command.index("--node") + 1]
    return command[command.index("-m") + 1].rpartition(".")[2]


def _holds(condition: str, io_store: Any) -> bool:
    """Evaluates a condition as KFP's driver does on a cluster.

    KFP's local one, up to 2.17.3, looks for the output of a task among the inputs of the run, does
    not find it there and says no.
    """
    match = CONDITION.fullmatch(condition)
    assert match, f"no condition that is known here: {condition}"
    task, _, output = match[1].removeprefix("pipelinechannel--").rpartition("-")
    return bool(io_store.get_task_output(task, output) == match[2])
