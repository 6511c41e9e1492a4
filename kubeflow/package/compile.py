"""Compiles a recipe to a package for Kubeflow Pipelines v2: one container task for each stage.

TFX's own runner for KFP writes packages that its open-source version can't run. Here KFP's SDK
writes the DAG, with nothing passed between the tasks: each one starts `python -m kubeflow.node`,
which runs its nodes by TFX's portable launcher. Artifacts, cache and lineage stay TFX's, in ML
Metadata. A first task, `kubeflow.retraining`, decides whether the nodes run or are skipped.
"""

from pathlib import Path
from typing import Any

from components.recipe.recipe import Recipe
from kubeflow.package.container import (
    PackageOptions,
    parameters_of,
    task_component,
    with_parameters,
)
from kubeflow.package.dag import DECIDES, Task, node_dag, search_dag, task_dag
from kubeflow.package.monitor import (
    MONITOR_DEFAULTS,
    MONITOR_PARAMETERS,
    compile_monitor,
    monitor_name,
    monitor_task,
)
from kubeflow.package.platform import start
from kubeflow.package.root_outputs import lift_verdict
from kubeflow.texts import YES

# What KFP's page calls the nodes together, which run or are skipped.
GROUP = "Nodes"


def compile_package(recipe: Recipe, options: PackageOptions, out: Path) -> list[Task]:
    """Writes the package of a recipe and returns its tasks, without Retraining and Monitor.

    Needs KFP's SDK, and no TFX.

    Args:
        recipe: of all tasks.
        options: what is in it.
        out: the file to write.

    Raises:
        KubeflowError: no image is named.
    """
    if options.on_alarm == "fail":
        compile_monitor(recipe, options, out)
        return []
    dag = search_dag(recipe, options.trials) if options.trials else node_dag(recipe)
    tasks = task_dag(dag, recipe.platform)
    write_package(recipe, tasks, options, out)
    return tasks


def write_package(
    recipe: Recipe, followers: list[Task], options: PackageOptions, out: Path
) -> None:
    """Writes the package of the tasks that follow Retraining, see `compile_package`.

    Args:
        recipe: of all tasks.
        followers: with their nodes.
        options: what is in it.
        out: the file to write.
    """
    from kfp import compiler, dsl

    def tasks(**parameters: Any) -> None:
        if options.on_alarm:
            alarm = monitor_task(recipe, options, parameters)
            parameters["reason"] = alarm.outputs["reason"]
        component = task_component(DECIDES, recipe, options)
        retraining = start(component, DECIDES, recipe.platform, parameters)
        made: dict[str, Any] = {}
        with dsl.If(retraining.outputs["train"] == YES, name=GROUP):
            for task in followers:
                component = task_component(task, recipe, options)
                made[task.name] = start(component, task, recipe.platform, parameters)
                made[task.name].after(*(made[above] for above in task.upstream))

    described = f"{recipe.summary}. medtfx {options.version}, stack {options.stack}"
    defaults = {
        "models": "",
        "overrides": [],
        "if_new": False,
        "gate_failure": recipe.platform.gate_failure or "",
        "reason": "",
        **MONITOR_DEFAULTS,
        **options.defaults,
    }
    types: dict[str, Any] = parameters_of(options)
    name = f"{recipe.name}-trials" if options.trials else recipe.name
    if options.on_alarm:
        types = {**types, **MONITOR_PARAMETERS}
        del types["reason"]
        name = monitor_name(recipe)
    pipeline = dsl.pipeline(name=name, description=described)(
        with_parameters(tasks, types, defaults)
    )
    lift_verdict(pipeline.pipeline_spec)
    out.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipeline, str(out))
