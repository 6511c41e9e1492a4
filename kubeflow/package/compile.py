"""Compiles a recipe to a package for Kubeflow Pipelines v2: one container a node of TFX's DAG.

TFX's own runner for KFP writes packages that its open-source version can't run. Here KFP's SDK
writes the DAG, with nothing passed between the nodes: each starts `python -m kubeflow.node`, which
runs its node by TFX's portable launcher. Artifacts, cache and lineage stay TFX's, in ML Metadata.
A first task, `kubeflow.retraining`, says whether the nodes run or are skipped.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.nodes import GATE, RETRAINING
from components.recipe.platform import PlatformSection
from components.recipe.recipe import Recipe
from kubeflow.errors import KubeflowError
from kubeflow.package.graph import GraphNode, node_graph
from kubeflow.package.packed_recipe import pack
from kubeflow.package.platform import apply_platform
from kubeflow.texts import YES

# Parameters of a run, under these names in KFP's form.
PARAMETERS = {"data": str, "root": str, "models": str, "overrides": list, "if_new": bool}
# What KFP calls the nodes together, which run or are skipped.
GROUP = "Nodes"
# The node whose results decide: it shows them in KFP.


@dataclass(frozen=True)
class PackageOptions:
    """What a package says beside the recipe.

    Attributes:
        image: of the nodes; None takes the recipe's.
        gpu_image: of the nodes with a GPU; None takes the recipe's, else `image`.
        stack: that the images hold, `current` or `wide`.
        version: of medtfx in the images.
        defaults: parameter → its default; a parameter without must be given with each run.
    """

    image: str | None = None
    gpu_image: str | None = None
    stack: str = "current"
    version: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)


def compile_package(recipe: Recipe, options: PackageOptions, out: Path) -> list[GraphNode]:
    """Writes the package and returns its nodes.

    Raises:
        KubeflowError: no image is named.
        MedtfxError: see `node_graph`.
    """
    _image(recipe.platform, options, None)  # before TFX is imported
    graph = node_graph(recipe)
    write_package(recipe, graph, options, out)
    return graph


def write_package(
    recipe: Recipe, graph: list[GraphNode], options: PackageOptions, out: Path
) -> None:
    """Writes the package of a DAG; needs KFP's SDK, and no TFX."""
    from kfp import compiler, dsl

    packed = pack(recipe)
    names = [RETRAINING, *(node.name for node in graph)]
    containers = {name: _container(name, recipe, packed, options) for name in names}

    def start(name: str, parameters: dict[str, Any]) -> Any:
        task = containers[name](run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, **parameters)
        # TFX has its own cache, which knows the data; KFP's would see unchanged addresses.
        task.set_display_name(name).set_caching_options(False)
        apply_platform(task, name, recipe.platform)
        return task

    def tasks(if_new: Any, **parameters: Any) -> None:
        retraining = start(RETRAINING, {**parameters, "if_new": if_new})
        made: dict[str, Any] = {}
        with dsl.If(retraining.outputs["train"] == YES, name=GROUP):
            for node in graph:
                made[node.name] = start(node.name, parameters)
                made[node.name].after(*(made[name] for name in node.after))

    described = f"{recipe.summary}. medtfx {options.version}, stack {options.stack}"
    defaults = {"models": "", "overrides": [], "if_new": False, **options.defaults}
    pipeline = dsl.pipeline(name=recipe.name, description=described)(
        _with_parameters(tasks, PARAMETERS, defaults)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipeline, str(out))


def _container(name: str, recipe: Recipe, packed: str, options: PackageOptions) -> Any:
    """Returns the KFP component of a node, or of the task before them."""
    from kfp import dsl

    image = _image(recipe.platform, options, name)
    module = "kubeflow.retraining" if name == RETRAINING else "kubeflow.node"
    fixed = ["--recipe", packed, "--stack", options.stack, "--version", options.version]
    inputs = {"run_id": str, **PARAMETERS}
    if name != RETRAINING:
        fixed = ["--node", name, *fixed, "--gate-failure", recipe.platform.gate_failure]
        fixed += [f"--beam-arg={option}" for option in recipe.platform.beam_args]
        del inputs["if_new"]

    def run_container(**given: Any) -> dsl.ContainerSpec:
        arguments = [*fixed]
        for key in inputs:
            arguments += [f"--{key.replace('_', '-')}", given[key]]
        arguments += _output_arguments(name, given)
        return dsl.ContainerSpec(image=image, command=["python", "-m", module], args=arguments)

    run_container.__name__ = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    types = {**inputs, **_outputs(name)}
    return dsl.container_component(_with_parameters(run_container, types, {}))


def _outputs(name: str) -> dict[str, Any]:
    """Returns what a task tells KFP: output → its type."""
    from kfp import dsl

    if name == RETRAINING:
        return {"train": dsl.OutputPath(str), "decision": dsl.Output[dsl.Markdown]}
    if name == GATE:
        return {"verdict": dsl.Output[dsl.Markdown], "recall": dsl.Output[dsl.Metrics]}
    return {}


def _output_arguments(name: str, given: dict[str, Any]) -> list[Any]:
    if name == RETRAINING:
        return ["--train", given["train"], "--decision", given["decision"].path]
    if name == GATE:
        return ["--verdict", given["verdict"].path, "--executor-input", "{{$}}"]
    return []


def _with_parameters(
    function: Callable[..., Any], types: dict[str, Any], defaults: dict[str, Any]
) -> Callable[..., Any]:
    """Returns the function with named parameters, which KFP's SDK reads and gives by place."""

    def named(*by_place: Any, **by_name: Any) -> Any:
        return function(**dict(zip(types, by_place, strict=False)), **by_name)

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


def _image(platform: PlatformSection, options: PackageOptions, node: str | None) -> str:
    image = options.image or platform.image
    if not image:
        raise KubeflowError(
            "A package names the container image of its nodes: pass --image, or set platform.image "
            "in the recipe. kubeflow/README.md says how the image is built."
        )
    if node and platform.resources(node).gpu:
        return options.gpu_image or platform.gpu_image or image
    return image
