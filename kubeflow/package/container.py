"""The container of a task: image, command, arguments, and the outputs that KFP's page shows."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from components.nodes import AUDIT, GATE, LAST, RETRAINING
from components.recipe.platform import PlatformSection
from components.recipe.recipe import Recipe
from kubeflow.errors import KubeflowError
from kubeflow.package.dag import DECIDES, Task

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
# The nodes whose artifact has a web page, which KFP's page shows as its output `page`.
PAGES = (AUDIT, LAST)
PAGE = "page"
# Parameter → the only node, or task, that reads it.
_READ_BY = {"if_new": RETRAINING, "gate_failure": LAST, "reason": RETRAINING}


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
    """

    image: str | None = None
    gpu_image: str | None = None
    stack: str = "current"
    version: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)
    trials: int = 0


def parameters_of(options: PackageOptions) -> dict[str, type]:
    """Returns name → type of the parameters that a run of the package takes."""
    return {
        name: kind
        for name, kind in PARAMETERS.items()
        if not options.trials or name in _OF_A_SEARCH
    }


def container_component(
    task: Task, recipe: Recipe, encoded: str, options: PackageOptions, monitored: bool = False
) -> Any:
    """Returns the KFP component of a task.

    Args:
        task: with its nodes, or Retraining before them.
        recipe: for its section `platform`.
        encoded: the recipe as an argument, from `encode_recipe`.
        options: image, stack and version.
        monitored: whether Retraining follows the monitor, and trains after an alarm alone.
    """
    from kfp import dsl

    image = image_of(recipe.platform, options, task)
    module = "kubeflow.retraining" if task == DECIDES else "kubeflow.node"
    fixed = ["--recipe", encoded, "--stack", options.stack, "--version", options.version]
    if task == DECIDES and monitored:
        fixed.append("--after-alarm")
    if task.nodes:
        fixed = [*(word for node in task.nodes for word in ("--node", node)), *fixed]
        fixed += [f"--beam-arg={option}" for option in recipe.platform.beam_args]
        pod = recipe.platform.resources(*task.nodes)
        fixed += ["--retries", str(pod.retries), "--retry-wait", str(pod.retry_wait_seconds)]
    if options.trials:
        fixed += ["--trials", str(options.trials)]
    readers = (None, task.name, *task.nodes)
    read = {
        key: kind for key, kind in parameters_of(options).items() if _READ_BY.get(key) in readers
    }
    inputs = {"run_id": str, **read}

    def run_container(**given: Any) -> dsl.ContainerSpec:
        arguments = [*fixed]
        for key in inputs:
            arguments += [f"--{key.replace('_', '-')}", given[key]]
        arguments += _output_arguments(task, given)
        return dsl.ContainerSpec(image=image, command=["python", "-m", module], args=arguments)

    run_container.__name__ = re.sub(r"(?<!^)(?=[A-Z])", "_", task.name).lower()
    return dsl.container_component(with_parameters(run_container, {**inputs, **_outputs(task)}, {}))


def check_image_named(platform: PlatformSection, options: PackageOptions) -> None:
    """Makes sure that the nodes have an image.

    Raises:
        KubeflowError: neither the options nor the recipe name one.
    """
    if not (options.image or platform.image):
        raise KubeflowError(
            "A package names the container image of its nodes: pass --image, or set platform.image "
            "in the recipe. kubeflow/README.md says how the image is built."
        )


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
    if _has_page(task):
        outputs[PAGE] = dsl.Output[dsl.HTML]
    if GATE in task.nodes:
        outputs["verdict"] = dsl.Output[dsl.Markdown]
        outputs["gate"] = dsl.Output[dsl.Metrics]
        outputs["confusion_matrix"] = dsl.Output[dsl.ClassificationMetrics]
    return outputs


def _output_arguments(task: Task, given: dict[str, Any]) -> list[Any]:
    if task == DECIDES:
        return ["--train", given["train"], "--decision", given["decision"].path]
    arguments = ["--page", given[PAGE].path] if _has_page(task) else []
    if GATE in task.nodes:
        arguments += ["--verdict", given["verdict"].path, "--gate", given["gate"].path]
        arguments += ["--confusion-matrix", given["confusion_matrix"].path]
        arguments += ["--executor-input", "{{$}}"]
    return arguments


def _has_page(task: Task) -> bool:
    # No stage has both of them.
    return bool(set(PAGES) & set(task.nodes))


def image_of(platform: PlatformSection, options: PackageOptions, task: Task) -> str:
    """Returns the image of a task."""
    image = options.image or platform.image or ""
    if platform.resources(*(task.nodes or (task.name,))).gpu:
        return options.gpu_image or platform.gpu_image or image
    return image
