"""The pipeline of a run as TFX compiles it: built from the recipe, or as an earlier task kept it.

To build it takes TensorFlow and all of TFX. So it is kept below the root, under a digest of all
that it depends on, and a task whose nodes come from the cache never loads them. A root at gs:// has
none: only TensorFlow and Beam read it here.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.nodes import BEAM_NODES, FIRST
from components.runtime.environment import WEIGHTS
from components.runtime.imports import importing
from components.runtime.source_hash import package_hash
from components.runtime.stack import installed_stack
from components.storage import remote_file
from components.storage.atomic_write import write_atomically
from components.storage.files import is_remote
from components.storage.s3 import is_s3

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe


def kept_pipeline(given: argparse.Namespace, recipe: "Recipe") -> Any | None:
    """Returns the pipeline of this run if an earlier task kept it.

    Args:
        given: arguments of the task.
        recipe: of the run.
    """
    if (address := _address(given, recipe)) is None:
        return None
    try:
        content = remote_file.read(address) if is_remote(address) else Path(address).read_bytes()
    except FileNotFoundError:
        return None
    from tfx.proto.orchestration import pipeline_pb2

    return _of_run(pipeline_pb2.Pipeline.FromString(content), given.run_id)


def pipeline_of_run(given: argparse.Namespace, recipe: "Recipe") -> Any:
    """Returns the pipeline of this run for nodes that are executed; loads TensorFlow.

    It is built, and kept, unless it has been.

    Args:
        given: arguments of the task.
        recipe: of the run.

    Raises:
        MedtfxError: patient key, options of Beam, an address or weights can't be used.
    """
    from components.storage import object_storage as storage
    from components.storage.patient_key import patient_key
    from kubeflow.node.paths import node_paths
    from pipeline.beam.arguments import beam_args

    paths = node_paths(given.root, given.models)
    if FIRST in given.node:
        patient_key(paths.keys)
    storage.prepare(paths.artifacts, paths.models)
    # A node without Beam must not depend on its job server.
    options = beam_args(given.beam_arg, check=bool(set(given.node) & set(BEAM_NODES)))
    if FIRST in given.node:  # before the long work, not after it
        from components.network.weights import check_available

        check_available(recipe.model, recipe.data.image_size)
    return kept_pipeline(given, recipe) or _build(given, recipe, options)


def _build(given: argparse.Namespace, recipe: "Recipe", options: tuple[str, ...]) -> Any:
    with importing():
        from tfx.dsl.compiler import compiler

        from kubeflow.node.paths import node_paths
        from pipeline.dag.training import build_pipeline, build_tuning

    paths = node_paths(given.root, given.models)
    if given.trials:
        space = recipe.tuning.space
        pipeline = build_tuning(recipe, given.data, paths, space, given.trials, options)
    else:
        pipeline = build_pipeline(recipe, given.data, paths, options)
    compiled = compiler.Compiler().compile(pipeline)
    if address := _address(given, recipe):
        _keep(address, compiled.SerializeToString())
    return _of_run(compiled, given.run_id)


def _keep(address: str, content: bytes) -> None:
    if is_remote(address):
        remote_file.write(address, content)
    else:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(Path(address), content)


def _address(given: argparse.Namespace, recipe: "Recipe") -> str | None:
    """Returns where the pipeline is kept; None with a root at gs://."""
    from kubeflow.node.paths import node_paths

    paths = node_paths(given.root, given.models)
    if is_remote(paths.root) and not is_s3(paths.root):
        return None
    depends_on = {
        "code": package_hash(),
        "stack": installed_stack(),
        "recipe": recipe.plain(),
        "data": given.data,
        "paths": vars(paths),
        "beam": given.beam_arg,
        "trials": given.trials,
        "weights": sorted(_weights(recipe)),
    }
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode())
    return f"{paths.pipeline_root(recipe.name)}/compiled/{digest.hexdigest()[:16]}.pb"


def _weights(recipe: "Recipe") -> Iterator[tuple[str, int, int]]:
    """Yields name, size and time of the weights files that a training may start from."""
    folder = WEIGHTS.get()
    files = list(Path(folder).glob("*")) if folder else []
    files += [Path(os.path.expandvars(one.weights)) for one in recipe.model.networks]
    for file in files:
        if file.is_file():
            state = file.stat()
            yield str(file), state.st_size, state.st_mtime_ns


def _of_run(pipeline: Any, run_id: str) -> Any:
    from tfx.dsl.compiler import constants
    from tfx.orchestration.portable import runtime_parameter_utils

    runtime_parameter_utils.substitute_runtime_parameter(
        pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return pipeline
