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

# Parameters of a run, under these names in KFP's form.
PARAMETERS = {
    "data": str,
    "root": str,
    "models": str,
    "overrides": list,
    "if_new": bool,
    "gate_failure": str,
}
# The nodes whose artifact has a web page, which KFP's page shows as its output `page`.
PAGES = (AUDIT, LAST)
PAGE = "page"
# Parameter → the only task that reads it.
_READ_BY = {"if_new": RETRAINING, "gate_failure": LAST}


@dataclass(frozen=True)
class PackageOptions:
    """What a package contains beside the recipe.

    Attributes:
        image: of the nodes; None takes the recipe's.
        gpu_image: of the nodes with a GPU; None takes the recipe's, else `image`.
        stack: in the images, `current` or `wide`.
        version: of medtfx in the images.
        defaults: parameter → its default; a parameter without one must be given with each run.
    """

    image: str | None = None
    gpu_image: str | None = None
    stack: str = "current"
    version: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)


def container_component(name: str, recipe: Recipe, encoded: str, options: PackageOptions) -> Any:
    """Returns the KFP component of a node, or of the task Retraining before them.

    Args:
        name: of the node.
        recipe: for its section `platform`.
        encoded: the recipe as an argument, from `encode_recipe`.
        options: image, stack and version.
    """
    from kfp import dsl

    image = _image(recipe.platform, options, name)
    module = "kubeflow.retraining" if name == RETRAINING else "kubeflow.node"
    fixed = ["--recipe", encoded, "--stack", options.stack, "--version", options.version]
    if name != RETRAINING:
        fixed = ["--node", name, *fixed]
        fixed += [f"--beam-arg={option}" for option in recipe.platform.beam_args]
    read = {key: kind for key, kind in PARAMETERS.items() if _READ_BY.get(key, name) == name}
    inputs = {"run_id": str, **read}

    def run_container(**given: Any) -> dsl.ContainerSpec:
        arguments = [*fixed]
        for key in inputs:
            arguments += [f"--{key.replace('_', '-')}", given[key]]
        arguments += _output_arguments(name, given)
        return dsl.ContainerSpec(image=image, command=["python", "-m", module], args=arguments)

    run_container.__name__ = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return dsl.container_component(with_parameters(run_container, {**inputs, **_outputs(name)}, {}))


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


def _outputs(name: str) -> dict[str, Any]:
    """Returns what a task writes for KFP: output → its type."""
    from kfp import dsl

    if name == RETRAINING:
        return {"train": dsl.OutputPath(str), "decision": dsl.Output[dsl.Markdown]}
    if name in PAGES:
        return {PAGE: dsl.Output[dsl.HTML]}
    if name == GATE:
        return {
            "verdict": dsl.Output[dsl.Markdown],
            "gate": dsl.Output[dsl.Metrics],
            "confusion_matrix": dsl.Output[dsl.ClassificationMetrics],
        }
    return {}


def _output_arguments(name: str, given: dict[str, Any]) -> list[Any]:
    if name == RETRAINING:
        return ["--train", given["train"], "--decision", given["decision"].path]
    if name in PAGES:
        return ["--page", given[PAGE].path]
    if name == GATE:
        arguments = ["--verdict", given["verdict"].path, "--gate", given["gate"].path]
        arguments += ["--confusion-matrix", given["confusion_matrix"].path]
        return [*arguments, "--executor-input", "{{$}}"]
    return []


def _image(platform: PlatformSection, options: PackageOptions, node: str) -> str:
    image = options.image or platform.image or ""
    if platform.resources(node).gpu:
        return options.gpu_image or platform.gpu_image or image
    return image
