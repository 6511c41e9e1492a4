"""The command `medtfx kubeflow image`."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class Variant(str, Enum):
    """The kinds of image."""

    cpu = "cpu"
    gpu = "gpu"
    app = "app"


class Stack(str, Enum):
    """The stacks that an image can hold."""

    current = "current"
    wide = "wide"


def write_image(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("medtfx-image"),
    variant: Annotated[
        Variant, typer.Option(help="For nodes without a GPU, nodes with one, or the web page.")
    ] = Variant.cpu,
    stack: Annotated[
        Stack, typer.Option(help="wide if artifacts are at s3://, else current.")
    ] = Stack.current,
) -> None:
    """Write the build context of a container image.

    A folder with Dockerfile, locked dependencies and sources.
    """
    from kubeflow.image.context import build_commands, write_context

    write_context(out, variant.value, stack.value)
    of_stack = "" if variant is Variant.app else f", stack {stack.value}"
    typer.echo(f"{out}: the build context of image {variant.value}{of_stack}. To build it, one of:")
    for command in build_commands(out, variant.value, stack.value):
        typer.echo(f"  {command}")
