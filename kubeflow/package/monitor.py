"""The task that runs the monitor, alone in a package or before the training that it may start."""

from pathlib import Path
from typing import Any

from components.recipe.recipe import Recipe
from kubeflow.package.container import (
    PackageOptions,
    check_image_named,
    image_of,
    with_parameters,
)
from kubeflow.package.dag import MONITORS
from kubeflow.package.platform import prepared
from kubeflow.package.recipe_codec import encode_recipe

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

    check_image_named(recipe.platform, options)
    encoded = encode_recipe(recipe)

    def tasks(**parameters: Any) -> None:
        monitor_task(recipe, encoded, options, parameters, fails=True)

    described = f"Monitor of {recipe.name}. medtfx {options.version}, stack {options.stack}"
    defaults = {"models": "", **MONITOR_DEFAULTS, **options.defaults}
    pipeline = dsl.pipeline(name=monitor_name(recipe), description=described)(
        with_parameters(tasks, _OWN, defaults)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipeline, str(out))


def monitor_task(
    recipe: Recipe,
    encoded: str,
    options: PackageOptions,
    parameters: dict[str, Any],
    fails: bool = False,
) -> Any:
    """Returns the task, inside a pipeline; its output `reason` is empty without an alarm.

    Args:
        recipe: whose model is monitored.
        encoded: the recipe as an argument, from `encode_recipe`.
        options: image, stack and version.
        parameters: of the run.
        fails: whether the task fails after an alarm.
    """
    from kfp import dsl

    image = image_of(recipe.platform, options, MONITORS)
    fixed = ["--recipe", encoded, "--stack", options.stack, "--version", options.version]
    fixed += ["--fail"] if fails else []

    def monitor(**given: Any) -> dsl.ContainerSpec:
        arguments = [*fixed]
        for key in ("run_id", *_OWN):
            arguments += [f"--{key.replace('_', '-')}", given[key]]
        arguments += ["--reason", given["reason"], "--page", given["page"].path]
        arguments += ["--outcome", given["outcome"].path]
        return dsl.ContainerSpec(
            image=image, command=["python", "-m", "kubeflow.monitoring"], args=arguments
        )

    outputs = {
        "reason": dsl.OutputPath(str),
        "page": dsl.Output[dsl.HTML],
        "outcome": dsl.Output[dsl.Markdown],
    }
    container = dsl.container_component(
        with_parameters(monitor, {"run_id": str, **_OWN, **outputs}, {})
    )
    own = {key: parameters[key] for key in _OWN}
    return prepared(
        container(run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, **own), MONITORS, recipe.platform
    )
