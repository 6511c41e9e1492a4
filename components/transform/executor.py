"""Writes the transform graph, and the transformed Examples a file at a time."""

import hashlib
import json
import os
from functools import partial
from typing import Any

import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import impl_helper
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs
from tfx.utils import io_utils

from components.recipe.data import DataSection
from components.runtime.spread import spread
from components.storage.split_statistics import read_statistics
from components.storage.taken_over import earlier, read_origins, write_notes
from components.transform.pixel_statistics import pixel_statistics
from components.transform.preprocessing import preprocessing_fn
from components.transform.transform_shard import Shard, TransformShard

_Artifacts = dict[str, list[types.Artifact]]

_SCHEMA = "schema.pbtxt"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes what TFX's Transform writes, a file of Examples at a time.

    The statistics that the graph needs are those of StatisticsGen. So there is nothing to analyse,
    and TensorFlow Transform builds the graph without reading the data. The Examples are transformed
    by the function that was traced for the graph, which saves loading it again.
    """

    def Do(
        self, input_dict: _Artifacts, output_dict: _Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fills `transform_graph`, then `transformed_examples` with what the graph computes."""
        data = DataSection.model_validate_json(exec_properties["data"])
        mean, std = pixel_statistics(read_statistics(input_dict["statistics"], "train"))
        splits = json.loads(exec_properties["splits"])
        config = {"data": data.plain(), "pixel_mean": mean, "pixel_std": std}
        schema = artifact_utils.get_single_uri(input_dict[specs.SCHEMA_KEY])
        graph = artifact_utils.get_single_uri(output_dict[specs.TRANSFORM_GRAPH_KEY])
        _write_graph(graph, os.path.join(schema, _SCHEMA), config)
        transformed = output_dict[specs.TRANSFORMED_EXAMPLES_KEY]
        (artifact,) = transformed
        artifact.split_names = artifact_utils.encode_split_names(splits)
        identity = _identity(data, exec_properties["source"])
        shards = _shards(input_dict[specs.EXAMPLES_KEY], transformed, splits, identity)
        on_engine = bool(self._beam_pipeline_args)
        spread(TransformShard(config), shards, self._make_beam_pipeline, on_engine)
        origins = {shard.name: shard.origin for shard in shards if shard.origin}
        write_notes(artifact.uri, identity, origins)


def _write_graph(folder: str, schema_file: str, config: dict[str, Any]) -> None:
    """Traces `preprocessing_fn` and writes a TransformGraph."""
    schema = io_utils.parse_pbtxt_file(schema_file, schema_pb2.Schema())
    raw = os.path.join(folder, tft.TFTransformOutput.RAW_METADATA_DIR)
    metadata_io.write_metadata(dataset_metadata.DatasetMetadata(schema), raw)
    features = schema_utils.schema_as_feature_spec(schema).feature_spec
    impl_helper.analyze_in_place(
        partial(preprocessing_fn, custom_config=config),
        force_tf_compat_v1=False,
        feature_specs=features,
        type_specs=impl_helper.get_type_specs_from_feature_specs(features),
        transform_output_path=folder,
    )


def _identity(data: DataSection, source: str) -> str:
    """Returns a digest of all that decides the pixels of a transformed image, beside the image."""
    decides = (data.image_size, data.color, data.resize, source)
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]


def _shards(
    examples: list[types.Artifact],
    transformed: list[types.Artifact],
    splits: list[str],
    identity: str,
) -> list[Shard]:
    """Returns the files to read and to write; makes the folders."""
    (artifact,) = transformed
    origins = read_origins(artifact_utils.get_single_uri(examples))
    before = earlier(artifact.uri, identity)
    known = {origin: name for name, origin in before.origins.items()} if before else {}
    shards = []
    for split in splits:
        source = artifact_utils.get_split_uri(examples, split)
        target = artifact_utils.get_split_uri(transformed, split)
        folder = os.path.basename(target.rstrip("/"))
        fileio.makedirs(target)
        for name in sorted(fileio.listdir(source)):
            written = f"transformed_{name}"
            origin = f"{origins[name]}/{folder}" if name in origins else ""
            shards.append(
                Shard(
                    os.path.join(source, name),
                    os.path.join(target, written),
                    f"{folder}/{written}",
                    origin,
                    os.path.join(before.uri, known[origin]) if before and origin in known else "",
                )
            )
    return shards
