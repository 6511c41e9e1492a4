"""A pipeline of two small nodes, with every kind of parameter that the cache compares."""

from typing import Any

from tfx.dsl.compiler import compiler, constants
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import runtime_parameter_utils
from tfx.types import standard_artifacts


@component
def Draw(  # noqa: N802 (used as a class)
    images: OutputArtifact[standard_artifacts.Examples], count: Parameter[int] = 1
) -> None:
    with fileio.open(f"{images.uri}/count", "w") as file:
        file.write(str(count))


@component
def Look(  # noqa: N802 (used as a class)
    images: InputArtifact[standard_artifacts.Examples],
    seen: OutputArtifact[standard_artifacts.ExampleStatistics],
    source: Parameter[str] = "",
) -> None:
    fileio.copy(f"{images.uri}/count", f"{seen.uri}/count")


def compiled(root: str, count: int, source: str) -> Any:
    """Returns the pipeline, compiled for runs whose id is still open."""
    draw = Draw(count=count)
    look = Look(images=draw.outputs["images"], source=source)
    pipeline = Pipeline("small", root, components=[draw, look], enable_cache=True)
    return compiler.Compiler().compile(pipeline)


def of_run(pipeline: Any, run_id: str) -> Any:
    """Puts the id of a run into the pipeline."""
    runtime_parameter_utils.substitute_runtime_parameter(
        pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return pipeline
