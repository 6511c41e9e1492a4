"""The container of a task: image, command, arguments, and the outputs that KFP's page shows."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from components.nodes import AUDIT, GATE, LAST, RETRAINING
from components.recipe.platform import PlatformSection
from components.recipe.recipe import Recipe
from kubeflow.errors import KubeflowError
from kubeflow.package.dag import DECIDES, Task
from kubeflow.package.recipe_codec import encode_recipe

# Parameters of a run, under these names in KFP's form.
PARAMETERS = {
    "data": str,
    "root": str,
    "models": str,
    "overrides": list,
    "if_new": bool,
    "gate_failure": str,
    "reason": str,
}
_OF_A_SEARCH = ("data", "root", "overrides")  # which pushes nothing
# The nodes whose artifact has a web page, which KFP's page shows as the output `page`.
PAGES = (AUDIT, LAST)
# Parameter → the only node, or task, that reads it.
_READ_BY = {"if_new": RETRAINING, "gate_failure": LAST, "reason": RETRAINING}


OnAlarm = Literal["fail", "retrain"]


@dataclass(frozen=True)
class PackageOptions:
    """What a package contains beside the recipe.

    Attributes:
        image: of the nodes; None takes the recipe's.
        gpu_image: of the nodes with a GPU; None takes the recipe's, else `image`.
        stack: in the images, `current` or `wide`.
        version: of medtfx in the images.
        defaults: parameter → its default; a parameter without one must be given with each run.
        trials: of a search for better values of the recipe; 0: a run of the recipe.
        on_alarm: what follows an alarm of the monitor: `fail` for the monitor alone; `retrain` if
            it comes first, and nothing is trained without its alarm; None: there is no monitor.
    """

    image: str | None = None
    gpu_image: str | None = None
    stack: str = "current"
    version: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)
    trials: int = 0
    on_alarm: OnAlarm | None = None


def parameters_of(options: PackageOptions) -> dict[str, type]:
    """Returns name → type of the parameters that a run of the package takes."""
    return {
        name: kind
        for name, kind in PARAMETERS.items()
        if not options.trials or name in _OF_A_SEARCH
    }


def task_component(task: Task, recipe: Recipe, options: PackageOptions) -> Any:
    """Returns the KFP component of a task with nodes, or of Retraining before them.

    Args:
        task: the task.
        recipe: of all tasks.
        options: image, stack, version, trials and monitor.

    Raises:
        KubeflowError: no image is named.
    """
    module = "kubeflow.retraining" if task == DECIDES else "kubeflow.node"
    fixed = [word for node in task.nodes for word in ("--node", node)]
    if task.nodes:
        fixed += [f"--beam-arg={option}" for option in recipe.platform.beam_args]
        pod = recipe.platform.resources(*task.nodes)
        fixed += ["--retries", str(pod.retries), "--retry-wait", str(pod.retry_wait_seconds)]
    if GATE in task.nodes:
        fixed += ["--executor-input", "{{$}}"]
    if task == DECIDES and options.on_alarm:
        fixed.append("--after-alarm")
    if options.trials:
        fixed += ["--trials", str(options.trials)]
    readers = (None, task.name, *task.nodes)
    inputs = {
        key: kind for key, kind in parameters_of(options).items() if _READ_BY.get(key) in readers
    }
    return container_component(task, module, recipe, options, fixed, inputs, _outputs(task))


def container_component(
    task: Task,
    module: str,
    recipe: Recipe,
    options: PackageOptions,
    fixed: list[str],
    inputs: dict[str, Any],
    outputs: dict[str, Any],
) -> Any:
    """Returns a KFP component that runs a module.

    Args:
        task: gives name and resources.
        module: takes the recipe, each input and each output as an argument.
        recipe: of all tasks.
        options: image, stack and version.
        fixed: further arguments, the same in each run.
        inputs: parameter of a run → its type.
        outputs: output → its type.

    Raises:
        KubeflowError: no image is named.
    """
    from kfp import dsl

    image, recipe_text = image_of(recipe.platform, options, task), encode_recipe(recipe)
    types = {"run_id": str, **inputs, **outputs}

    def run_container(**given: Any) -> dsl.ContainerSpec:
        arguments = [*fixed, "--recipe", recipe_text]
        arguments += ["--stack", options.stack, "--version", options.version]
        for key in types:
            is_artifact = key in outputs and not isinstance(outputs[key], dsl.OutputPath)
            value = given[key].path if is_artifact else given[key]
            arguments += [f"--{key.replace('_', '-')}", value]
        return dsl.ContainerSpec(image=image, command=["python", "-m", module], args=arguments)

    run_container.__name__ = re.sub(r"(?<!^)(?=[A-Z])", "_", task.name).lower()
    return dsl.container_component(with_parameters(run_container, types, {}))


def with_parameters(
    function: Callable[..., Any], types: dict[str, Any], defaults: dict[str, Any]
) -> Callable[..., Any]:
    """Returns the function with named parameters, which KFP's SDK reads and passes by position."""

    def named(*by_position: Any, **by_name: Any) -> Any:
        return function(**dict(zip(types, by_position, strict=False)), **by_name)

    parameters = [
        inspect.Parameter(
            name,
            # A parameter without default may follow one with.
            inspect.Parameter.KEYWORD_ONLY,
            annotation=kind,
            default=defaults.get(name, inspect.Parameter.empty),
        )
        for name, kind in types.items()
    ]
    named.__name__ = function.__name__
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named


def _outputs(task: Task) -> dict[str, Any]:
    """Returns what a task writes for KFP: output → its type."""
    from kfp import dsl

    if task == DECIDES:
        return {"train": dsl.OutputPath(str), "decision": dsl.Output[dsl.Markdown]}
    outputs: dict[str, Any] = {}
    if set(PAGES) & set(task.nodes):  # no stage has both of them
        outputs["page"] = dsl.Output[dsl.HTML]
    if GATE in task.nodes:
        outputs["verdict"] = dsl.Output[dsl.Markdown]
        outputs["gate"] = dsl.Output[dsl.Metrics]
        outputs["confusion_matrix"] = dsl.Output[dsl.ClassificationMetrics]
    return outputs


def image_of(platform: PlatformSection, options: PackageOptions, task: Task) -> str:
    """Returns the image of a task.

    Raises:
        KubeflowError: neither the options nor the recipe name one.
    """
    image = options.image or platform.image
    if not image:
        raise KubeflowError(
            "A package names the container image of its nodes: pass --image, or set platform.image "
            "in the recipe. kubeflow/README.md says how the image is built."
        )
    if platform.resources(*(task.nodes or (task.name,))).gpu:
        return options.gpu_image or platform.gpu_image or image
    return image
