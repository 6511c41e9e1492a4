"""The pipeline that scores a folder.

image folder → ImageExampleGen (unlabelled) ──┐
├─→ BulkInferrer
pushed model → Importer ──────────────────────┘
"""

# Not from `tfx.components` or `tfx.v1`, which import everything.
from tfx.components.bulk_inferrer.component import BulkInferrer
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import bulk_inferrer_pb2
from tfx.types import standard_artifacts

from components.image_example_gen.component import ImageExampleGen
from components.image_example_gen.listing.listing import UNLABELLED
from components.recipe.data import DataSection
from pipeline.dag.sources import node_source
from pipeline.paths import PipelinePaths


def bulk_pipeline(model_name: str) -> str:
    """Returns the name of the pipeline for a model."""
    return f"bulk-score-{model_name}"


def build_bulk_pipeline(
    folder: str,
    model_uri: str,
    model_name: str,
    data: DataSection,
    paths: PipelinePaths,
    beam_args: tuple[str, ...],
) -> Pipeline:
    """Wires the nodes.

    Args:
        folder: of the images.
        model_uri: of the Model artifact, which holds the pushed version.
        model_name: under which it was pushed.
        data: the section of its recipe.
        paths: where artifacts and metadata go.
        beam_args: runner and parallelism of the Beam nodes.
    """
    importer = Importer(source_uri=model_uri, artifact_type=standard_artifacts.Model).with_id(
        "PushedModel"
    )
    example_gen = ImageExampleGen(
        folder, data, paths.keys, node_source("ImageExampleGen"), unlabelled=True
    )
    inferrer = BulkInferrer(
        examples=example_gen.outputs["examples"],
        model=importer.outputs["result"],
        data_spec=bulk_inferrer_pb2.DataSpec(example_splits=[UNLABELLED]),
        model_spec=bulk_inferrer_pb2.ModelSpec(model_signature_name=["serve_examples"]),
    )
    name = bulk_pipeline(model_name)
    return Pipeline(
        pipeline_name=paths.pipeline_name(name),
        pipeline_root=paths.pipeline_root(name),
        components=[importer, example_gen, inferrer],
        enable_cache=True,
        metadata_connection_config=paths.metadata,
        beam_pipeline_args=list(beam_args),
    )
