"""Compiles a recipe to a package for Kubeflow Pipelines v2: one container task for each TFX node.

TFX's own runner for KFP writes packages that its open-source version can't run. Here KFP's SDK
writes the DAG, with nothing passed between the nodes: each task starts `python -m kubeflow.node`,
which runs its node by TFX's portable launcher. Artifacts, cache and lineage stay TFX's, in ML
Metadata. A first task, `kubeflow.retraining`, decides whether the nodes run or are skipped.
"""

from pathlib import Path
from typing import Any

from components.nodes import RETRAINING
from components.recipe.recipe import Recipe
from kubeflow.package.container import (
    PARAMETERS,
    PackageOptions,
    check_image_named,
    container_component,
    with_parameters,
)
from kubeflow.package.dag import node_dag
from kubeflow.package.platform import apply_platform
from kubeflow.package.recipe_codec import encode_recipe
from kubeflow.texts import YES

# What KFP's page calls the nodes together, which run or are skipped.
GROUP = "Nodes"


def compile_package(
    recipe: Recipe, options: PackageOptions, out: Path
) -> dict[str, tuple[str, ...]]:
    """Writes the package of a recipe and returns its DAG: node → the nodes it waits for.

    Needs KFP's SDK, and no TFX.

    Raises:
        KubeflowError: no image is named.
    """
    check_image_named(recipe.platform, options)
    dag = node_dag(recipe)
    write_package(recipe, dag, options, out)
    return dag


def write_package(
    recipe: Recipe, dag: dict[str, tuple[str, ...]], options: PackageOptions, out: Path
) -> None:
    """Writes the package of a DAG, see `compile_package`."""
    from kfp import compiler, dsl

    encoded = encode_recipe(recipe)
    containers = {
        name: container_component(name, recipe, encoded, options) for name in (RETRAINING, *dag)
    }

    def start(name: str, parameters: dict[str, Any]) -> Any:
        container = containers[name]
        given = {key: parameters[key] for key in container.component_spec.inputs if key != "run_id"}
        task = container(run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, **given)
        # TFX has its own cache, which knows the data; KFP's would see unchanged addresses.
        task.set_display_name(name).set_caching_options(False)
        apply_platform(task, name, recipe.platform)
        return task

    def tasks(**parameters: Any) -> None:
        retraining = start(RETRAINING, parameters)
        made: dict[str, Any] = {}
        with dsl.If(retraining.outputs["train"] == YES, name=GROUP):
            for name, upstream in dag.items():
                made[name] = start(name, parameters)
                made[name].after(*(made[above] for above in upstream))

    described = f"{recipe.summary}. medtfx {options.version}, stack {options.stack}"
    defaults = {
        "models": "",
        "overrides": [],
        "if_new": False,
        "gate_failure": recipe.platform.gate_failure or "",
        **options.defaults,
    }
    pipeline = dsl.pipeline(name=recipe.name, description=described)(
        with_parameters(tasks, PARAMETERS, defaults)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipeline, str(out))
