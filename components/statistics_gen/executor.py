"""From the Examples of each split to their statistics."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.statistics_gen.statistics import compute_statistics
from components.storage.split_files import split_files
from components.storage.split_statistics import write_statistics


class Executor(base_executor.BaseExecutor):
    """Computes the statistics of each split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `statistics`, with the splits of `examples`."""
        examples, statistics = input_dict["examples"], output_dict["statistics"]
        names = artifact_utils.get_single_instance(examples).split_names
        artifact_utils.get_single_instance(statistics).split_names = names
        for split in artifact_utils.decode_split_names(names):
            computed = compute_statistics(split_files(examples, split))
            write_statistics(statistics, split, computed)
