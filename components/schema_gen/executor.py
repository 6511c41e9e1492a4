"""Infers the schema from the train split and corrects it by the recipe."""

import os
from typing import Any

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.recipe.data import DataSection
from components.schema_gen.schema import curate
from components.storage.split_statistics import read_statistics

SCHEMA_FILE = "schema.pbtxt"


class Executor(base_executor.BaseExecutor):
    """Infers the schema from the train split and corrects it by the recipe."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `schema.pbtxt`."""
        statistics = read_statistics(input_dict["statistics"], "train")
        data = DataSection.model_validate_json(exec_properties["data"])
        schema = curate(tfdv.infer_schema(statistics, infer_feature_shape=False), data)
        uri = artifact_utils.get_single_uri(output_dict["schema"])
        io_utils.write_pbtxt_file(os.path.join(uri, SCHEMA_FILE), schema)
