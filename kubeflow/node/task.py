"""What every task of a compiled package does first, a node or not: read, check, log."""

import argparse
import json
import logging
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from components.runtime.errors import MedtfxError, first_line
from components.runtime.exit_codes import ExitCode
from components.runtime.stack import installed_stack
from kubeflow.errors import KubeflowError
from kubeflow.node.process import prepare_process

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe

log = logging.getLogger("medtfx.task")


def task_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Returns a parser of the arguments that each task is given."""
    parser = argparse.ArgumentParser(module, description=description)
    for name in ("recipe", "stack", "version", "run-id", "data", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--models", default="")
    parser.add_argument("--trials", type=int, default=0, help="of a search; 0: a run")
    parser.add_argument("--overrides", default="[]", help="a JSON list of section.key=value")
    return parser


def run_task(work: Callable[[argparse.Namespace], int], given: argparse.Namespace) -> int:
    """Does the work and returns its exit code; 1 for an error, whose sentence is logged last.

    Only what is no mistake of the user has a traceback before it.
    """
    prepare_process()
    try:
        return work(given)
    except MedtfxError as error:
        log.error("Error: %s", error)
        return ExitCode.FAILED
    except Exception as error:
        cause = _root_cause(error)
        if isinstance(cause, PermissionError):
            log.error(
                "Error: user %d may not open %s. Give the volume to that user: "
                "kubeflow/manifests/volume-owner.yaml.", os.getuid(), cause.filename,
            )  # fmt: skip
        else:
            log.exception("This is a defect of medtfx, or of a library:")
            log.error("Error: %s: %s", type(cause).__name__, first_line(cause))
        return ExitCode.FAILED


def _root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def begin(name: str, given: argparse.Namespace) -> "Recipe":
    """Checks that the task can run here, logs which it is, and returns the recipe of the run.

    Raises:
        KubeflowError: image or backend are not those that the package is for.
        RecipeError: an override is not valid.
    """
    check_image(given.stack, given.version)
    if given.run_id.startswith("{{"):
        raise KubeflowError(
            "KFP did not fill in the id of the run: this needs KFP's backend 2.5.0 or newer. "
            f"Received: {given.run_id!r}"
        )
    from kubeflow.package.recipe_codec import decode_recipe

    recipe = decode_recipe(given.recipe, read_overrides(given.overrides))
    log.info("%s of %s, run %s", name, recipe.name, given.run_id)
    log.info("medtfx %s, stack %s", given.version, given.stack)
    log.info("data %s, root %s", given.data, given.root)
    return recipe


def check_image(stack: str, version: str) -> None:
    """Makes sure that the package and the image it runs in belong together.

    Raises:
        KubeflowError: the image has another stack or another version of medtfx.
    """
    found = installed_stack(), metadata.version("medtfx")
    if found[0] != stack:
        raise KubeflowError(
            f"The package was compiled for images of stack {stack!r}; this one has {found[0]!r}. "
            f"Name another image, or compile with --stack {found[0]}."
        )
    if found[1] != version:
        raise KubeflowError(
            f"The package was compiled by medtfx {version}; the image has {found[1]}. Compile the "
            f"recipe with {found[1]}, or name an image of {version}."
        )


def read_overrides(text: str, parameter: str = "overrides") -> list[str]:
    """Reads the parameter `overrides` of a run, or another one, a JSON list.

    Raises:
        KubeflowError: it is no list of texts.
    """
    try:
        found = json.loads(text or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise KubeflowError(
            f"The parameter `{parameter}` is a list of texts, as "
            f'["training.epochs=3"]. Received: {text!r}'
        )
    return found


def write_output(path: str, text: str) -> None:
    """Writes an output that KFP collects, in a folder that need not exist."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
