"""The task that runs the monitor, alone in a package or before the training that it may start."""

from pathlib import Path
from typing import Any

from components.recipe.recipe import Recipe
from kubeflow.package.container import PackageOptions, container_component, with_parameters
from kubeflow.package.dag import MONITORS
from kubeflow.package.platform import start

# Parameters of a run, beside the root and the models.
MONITOR_PARAMETERS: dict[str, Any] = {"log": str, "since": str, "skip": list}
MONITOR_DEFAULTS: dict[str, Any] = {"since": "7d", "skip": []}
_OWN: dict[str, Any] = {"root": str, "models": str, **MONITOR_PARAMETERS}


def monitor_name(recipe: Recipe) -> str:
    """Returns the name of the pipeline that monitors the model of a recipe."""
    return f"{recipe.name}-monitor"


def compile_monitor(recipe: Recipe, options: PackageOptions, out: Path) -> None:
    """Writes a package of the monitor alone, whose run is red after an alarm.

    Raises:
        KubeflowError: no image is named.
    """
    from kfp import compiler, dsl

    def tasks(**parameters: Any) -> None:
        monitor_task(recipe, options, parameters)

    described = f"Monitor of {recipe.name}. medtfx {options.version}, stack {options.stack}"
    defaults = {"models": "", **MONITOR_DEFAULTS, **options.defaults}
    pipeline = dsl.pipeline(name=monitor_name(recipe), description=described)(
        with_parameters(tasks, _OWN, defaults)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipeline, str(out))


def monitor_task(recipe: Recipe, options: PackageOptions, parameters: dict[str, Any]) -> Any:
    """Returns the task, inside a pipeline; its output `reason` is empty without an alarm.

    Args:
        recipe: whose model is monitored.
        options: image, stack and version, and whether the task fails after an alarm.
        parameters: of the run.
    """
    from kfp import dsl

    outputs = {
        "reason": dsl.OutputPath(str),
        "page": dsl.Output[dsl.HTML],
        "outcome": dsl.Output[dsl.Markdown],
    }
    container = container_component(
        MONITORS,
        "kubeflow.monitoring",
        recipe,
        options,
        ["--fail"] if options.on_alarm == "fail" else [],
        _OWN,
        outputs,
    )
    return start(container, MONITORS, recipe.platform, parameters)
