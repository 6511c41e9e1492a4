"""Writes the transform graph by TFX, and the transformed Examples a file at a time."""

import json
import os
from typing import Any

import apache_beam as beam
import tensorflow_data_validation as tfdv
from tfx import types
from tfx.components.transform import executor
from tfx.dsl.io import fileio
from tfx.proto import transform_pb2
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs
from tfx.utils import proto_utils

from components.recipe.data import DataSection
from components.transform.pixel_statistics import pixel_statistics
from components.transform.transform_shard import Shard, TransformShard

_Artifacts = dict[str, list[types.Artifact]]


class Executor(executor.Executor):
    """As TFX's, but that Beam handles files of Examples, not each Example by itself.

    The statistics that the graph needs are those of StatisticsGen. So there is nothing to analyse,
    and TFX builds the graph without a look at the data.
    """

    def Do(
        self, input_dict: _Artifacts, output_dict: _Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fills `transform_graph`, then `transformed_examples` with what the graph computes."""
        data = DataSection.model_validate_json(exec_properties["data"])
        statistics = artifact_utils.get_split_uri(input_dict.pop("statistics"), "train")
        mean, std = pixel_statistics(
            tfdv.load_stats_binary(os.path.join(statistics, "FeatureStats.pb"))
        )
        splits = json.loads(exec_properties["splits"])
        config = {"data": data.plain(), "pixel_mean": mean, "pixel_std": std}
        # A dictionary of its own: what `output_dict` holds at the end is recorded, with its splits.
        graph_alone = {specs.TRANSFORM_GRAPH_KEY: output_dict[specs.TRANSFORM_GRAPH_KEY]}
        properties = {
            specs.PREPROCESSING_FN_KEY: "components.transform.preprocessing.preprocessing_fn",
            specs.CUSTOM_CONFIG_KEY: json.dumps(config),
            specs.SPLITS_CONFIG_KEY: proto_utils.proto_to_json(
                transform_pb2.SplitsConfig(analyze=["train"], transform=splits)
            ),
            specs.DISABLE_STATISTICS_KEY: 1,
        }
        super().Do(input_dict, graph_alone, properties)
        graph = artifact_utils.get_single_uri(output_dict[specs.TRANSFORM_GRAPH_KEY])
        transformed = output_dict[specs.TRANSFORMED_EXAMPLES_KEY]
        self._transform(graph, input_dict[specs.EXAMPLES_KEY], transformed, splits)

    def _transform(
        self,
        graph: str,
        examples: list[types.Artifact],
        transformed: list[types.Artifact],
        splits: list[str],
    ) -> None:
        (artifact,) = transformed
        artifact.split_names = artifact_utils.encode_split_names(splits)
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Shards" >> beam.Create(_shards(examples, transformed, splits))
                | "Spread" >> beam.Reshuffle()
                | "WriteTransformed" >> beam.ParDo(TransformShard(graph))
            )


def _shards(
    examples: list[types.Artifact], transformed: list[types.Artifact], splits: list[str]
) -> list[Shard]:
    """Returns the files to read and to write; makes the folders."""
    shards = []
    for split in splits:
        source = artifact_utils.get_split_uri(examples, split)
        target = artifact_utils.get_split_uri(transformed, split)
        fileio.makedirs(target)
        for name in sorted(fileio.listdir(source)):
            written = os.path.join(target, f"transformed_{name}")
            shards.append(Shard(os.path.join(source, name), written))
    return shards
