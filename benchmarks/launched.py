"""Runs single nodes of a pipeline in this process, with TFX's launcher; imports TFX."""

import time
from collections.abc import Iterable
from pathlib import Path

from tfx.dsl.compiler import compiler, constants
from tfx.orchestration.portable import runtime_parameter_utils

from pipeline.beam.arguments import beam_args
from pipeline.dag.training import build_pipeline
from pipeline.home import Home
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe
from pipeline.runs.runner import NodeRun, launch_node


class Launched:
    """A run whose nodes are started one by one.

    Args:
        recipe: path of it.
        images: the data folder.
        home: of medtfx.
        beam: options of Beam.
        run: its name, by which another process goes on with it; None: a new one.
    """

    def __init__(
        self,
        recipe: Path,
        images: Path,
        home: Path,
        beam: Iterable[str] = (),
        run: str | None = None,
    ):
        self._places = PipelinePaths.of_home(Home.at(str(home)))
        self._pipeline = compiler.Compiler().compile(
            build_pipeline(
                load_recipe(str(recipe)), str(images), self._places, beam_args(list(beam))
            )
        )
        runtime_parameter_utils.substitute_runtime_parameter(
            # Another run each time: what a run has done once it does not do again.
            self._pipeline,
            {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run or f"{time.time_ns()}"},
        )

    def node(self, name: str, cache: bool = True) -> NodeRun:
        """Runs a node whose inputs are there; without `cache` also if its result is."""
        for node in self._pipeline.nodes:
            if node.pipeline_node.node_info.id == name:
                options = node.pipeline_node.execution_options
                options.caching_options.enable_cache = cache
        return launch_node(self._pipeline, name, self._places.metadata)

    def through(self, last: str) -> dict[str, NodeRun]:
        """Runs all nodes up to one, in order."""
        names = [node.pipeline_node.node_info.id for node in self._pipeline.nodes]
        return {name: self.node(name) for name in names[: names.index(last) + 1]}
