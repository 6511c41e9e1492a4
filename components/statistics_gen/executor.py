"""From the Examples of each split to their statistics."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs

from components.statistics_gen.statistics import compute_statistics, statistics_options
from components.storage.split_files import split_files
from components.storage.split_statistics import write_statistics


class Executor(base_beam_executor.BaseBeamExecutor):
    """Computes the statistics of each split: on an engine of Beam as TFX does, else in here."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `statistics`, with the splits of `examples`."""
        if self._beam_pipeline_args:
            from tfx.components.statistics_gen import executor  # which only this needs

            given = {specs.STATS_OPTIONS_JSON_KEY: statistics_options().to_json()}
            executor.Executor(self._context).Do(input_dict, output_dict, given)
            return
        examples, statistics = input_dict["examples"], output_dict["statistics"]
        names = artifact_utils.get_single_instance(examples).split_names
        artifact_utils.get_single_instance(statistics).split_names = names
        for split in artifact_utils.decode_split_names(names):
            computed = compute_statistics(split_files(examples, split))
            write_statistics(statistics, split, computed)
