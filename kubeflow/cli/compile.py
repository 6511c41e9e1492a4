"""The command `medtfx kubeflow compile`."""

from importlib import metadata
from pathlib import Path
from typing import Annotated, Optional

import typer

from components.runtime.stack import TFX_VERSIONS
from kubeflow.errors import KubeflowError

Text = Optional[str]  # noqa: UP045  (typer reads it)


def compile_recipe(
    recipe: Annotated[str, typer.Argument(help="A name of `medtfx recipes`, or a .yaml file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The package to write.")] = Path(
        "pipeline.yaml"
    ),
    image: Annotated[Text, typer.Option(help="Image of the nodes [platform.image].")] = None,
    gpu_image: Annotated[
        Text, typer.Option(help="Image of the nodes with a GPU [platform.gpu_image, --image].")
    ] = None,
    stack: Annotated[
        str, typer.Option(help="The stack in the image: current or wide.")
    ] = "current",
    data: Annotated[
        Text, typer.Option(help="Default of the parameter `data`: where the image folders are.")
    ] = None,
    root: Annotated[
        Text, typer.Option(help="Default of the parameter `root`: where artifacts go.")
    ] = None,
    models: Annotated[
        Text,
        typer.Option(help="Default of the parameter `models`: where to push [<root>/models]."),
    ] = None,
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="Override a value of the recipe: section.key=value."),
    ] = None,
) -> None:
    """Compile a recipe to a package for Kubeflow Pipelines v2.

    The package asks for its parameters with each run: data, root, models, overrides, if_new.
    """
    from kubeflow.package.compile import compile_package
    from kubeflow.package.container import PackageOptions
    from pipeline.recipes.loader import load_recipe

    if stack not in TFX_VERSIONS:
        raise KubeflowError(f"--stack is {' or '.join(TFX_VERSIONS)}. Received: {stack!r}")
    if out.suffix not in (".yaml", ".yml"):
        raise KubeflowError(f"A package is a .yaml file. Received: -o {str(out)!r}")
    values = load_recipe(recipe, overrides)
    given = {"data": data, "root": root, "models": models}
    options = PackageOptions(
        image=image,
        gpu_image=gpu_image,
        stack=stack,
        version=metadata.version("medtfx"),
        defaults={name: value for name, value in given.items() if value},
    )
    dag = compile_package(values, options, out)
    asked = [name for name in ("data", "root") if name not in options.defaults]
    needs = f" Each run must give: {', '.join(asked)}." if asked else ""
    typer.echo(f"{out}: {len(dag)} nodes of {values.name}, for images of stack {stack}.{needs}")
