"""The command `medtfx kubeflow compile`."""

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from components.recipe.platform import PlatformSection
from components.runtime.environment import ML_METADATA
from components.runtime.stack import TFX_VERSIONS
from kubeflow.errors import KubeflowError
from pipeline.recipes.options import RecipeArgument, SetOption, SpaceOption


def compile_recipe(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The package to write.")] = Path(
        "pipeline.yaml"
    ),
    image: Annotated[
        str | None,
        typer.Option(help="Container image of the nodes. Default: platform.image of the recipe."),
    ] = None,
    gpu_image: Annotated[
        str | None,
        typer.Option(
            help="Container image of the nodes with a GPU. Default: platform.gpu_image of the "
            "recipe, else --image."
        ),
    ] = None,
    stack: Annotated[
        str, typer.Option(help="Stack that is installed in the image: current or wide.")
    ] = "current",
    data: Annotated[
        str | None,
        typer.Option(help="Default of the parameter `data`: where the image folders are."),
    ] = None,
    root: Annotated[
        str | None, typer.Option(help="Default of the parameter `root`: where artifacts go.")
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            help="Default of the parameter `models`: where models are pushed to. Default: "
            "<root>/models."
        ),
    ] = None,
    trials: Annotated[
        int,
        typer.Option(
            min=0,
            help="Search for better values of the recipe, as `medtfx tune` does, with so many "
            "trials. platform.parallel: [trials] gives each a pod of its own.",
        ),
    ] = 0,
    space: SpaceOption = None,
    monitor: Annotated[
        str | None,
        typer.Option(
            metavar="fail|retrain",
            help="Compile the monitor of the recipe's model: after an alarm its run is red (fail), "
            "or trains if there is enough new data (retrain).",
        ),
    ] = None,
    overrides: SetOption = None,
) -> None:
    """Compile a recipe to a package for Kubeflow Pipelines v2.

    Each run of the package takes the parameters data, root, models, overrides and if_new; a search
    takes data, root and overrides.
    """
    from kubeflow.client.package_loader import check_reaction
    from kubeflow.package.compile import compile_package
    from kubeflow.package.container import PackageOptions
    from pipeline.recipes.loader import load_recipe
    from pipeline.tune.space import with_space

    if stack not in TFX_VERSIONS:
        raise KubeflowError(f"--stack is {' or '.join(TFX_VERSIONS)}. Received: {stack!r}")
    if out.suffix not in (".yaml", ".yml"):
        raise KubeflowError(f"A package is a .yaml file. Received: -o {str(out)!r}")
    values = load_recipe(recipe, overrides)
    if trials:
        values = with_space(values, space or [])
    elif space:
        raise KubeflowError("--space is for a search: say how many --trials.")
    if trials and monitor:
        raise KubeflowError(
            "A package is a search or a monitor: pass --trials or --monitor, not both."
        )
    given = {"data": data, "root": root, "models": models}
    options = PackageOptions(
        image=image,
        gpu_image=gpu_image,
        stack=stack,
        version=metadata.version("medtfx"),
        defaults={name: value for name, value in given.items() if value},
        trials=trials,
        on_alarm=check_reaction(monitor),
    )
    tasks = compile_package(values, options, out)
    if monitor == "fail":
        typer.echo(f"{out}: the monitor of {values.model_name}, for images of stack {stack}.")
        return
    required = ("data", "root", *(("log",) if monitor else ()))
    missing = [name for name in required if name not in options.defaults]
    needs = f" Parameters that each run must have: {', '.join(missing)}." if missing else ""
    nodes = sum(len(task.nodes) for task in tasks)
    typer.echo(
        f"{out}: {nodes} nodes of {values.name} in {len(tasks)} tasks, for images of stack {stack}."
        f"{needs}"
    )
    if not _names_metadata(values.platform):
        typer.echo(
            f"Note: the recipe names no ML Metadata, without which no node runs: set {ML_METADATA} "
            "under platform.secrets or platform.env, see kubeflow/README.md."
        )


def _names_metadata(platform: PlatformSection) -> bool:
    """Whether the nodes are given an address of ML Metadata."""
    secrets = {variable for secret in platform.secrets for variable in secret.env}
    return ML_METADATA.name in secrets | platform.env.keys()
