"""Runs the nodes of a stage, as a container of a compiled package does.

    python -m kubeflow.node --node Evaluator --recipe ENCODED --data /data --root /volume ...

This process never loads TensorFlow. It takes nodes from the cache as long as it finds them there;
the others run in a second process, which builds the pipeline again from the recipe and the
parameters of the run. The log says which node runs, how far it is, and what came out.
"""

import argparse
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from components.runtime.transient import transient_cause
from kubeflow.node.arguments import node_parser
from kubeflow.node.attempts import run_nodes
from kubeflow.node.cached_nodes import from_cache, quiet_launcher
from kubeflow.node.light_process import forbid_heavy_imports
from kubeflow.node.task import begin, log, run_task

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe


def main(arguments: list[str] | None = None) -> int:
    """Runs the nodes and returns the exit code: 0, 1 for an error, 3 for `gate-failure: fail`."""
    words = sys.argv[1:] if arguments is None else arguments
    given = node_parser("kubeflow.node", __doc__).parse_args(words)
    return run_task(lambda task: _run(task, words), given)


def _run(given: argparse.Namespace, words: list[str]) -> int:
    from components.storage import object_storage as storage
    from pipeline.metadata import connection as metadata_store
    from pipeline.metadata.store import make_tables

    started = time.monotonic()
    recipe = begin(", ".join(given.node), given)
    address = metadata_store.address()
    log.info("ML Metadata at %s", metadata_store.shown(address))
    if warning := metadata_store.warning(address):
        log.info("%s", warning)
    connection = metadata_store.connection(address)
    for parameter in ("root", "models"):
        storage.check_address(f"The parameter `{parameter}`", getattr(given, parameter))
    forbid_heavy_imports()
    from kubeflow.node.compiled_pipeline import kept_pipeline
    from kubeflow.node.s3_files import open_s3

    open_s3()

    # A database that can't be used is reported, or tried again, by the nodes.
    with suppress(metadata_store.MetadataError):
        make_tables(address)
    pipeline = kept_pipeline(given, recipe)
    left, code = list(given.node), 0
    if pipeline is not None:
        left, code = _take_cached(given, recipe, pipeline, connection)
    log.info("The cache was looked up in %.1f s", time.monotonic() - started)
    return run_nodes(given, words, left) if left else code


def _take_cached(
    given: argparse.Namespace, recipe: "Recipe", pipeline: Any, connection: Any
) -> tuple[list[str], int]:
    """Returns the nodes from the first one on that is not in the cache, and the exit code."""
    from kubeflow.node.node_outcome import show_outcome

    quiet_launcher()
    left, code = list(given.node), 0
    try:
        while left and (run := from_cache(pipeline, left[0], connection)):
            code = show_outcome(given, recipe, pipeline, run, connection)
            del left[0]
    except Exception as error:
        if transient_cause(error) is None:
            raise
    return left, code


if __name__ == "__main__":
    sys.exit(main())
