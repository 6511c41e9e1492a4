"""From the artifacts to the pooled predictions."""

import os
from typing import Any

from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from components.artifacts import OUT_OF_FOLD
from components.evaluator.baseline import PREDICTED_MODEL_ID
from components.evaluator.out_of_fold.pool import filenames, pooled, predicted_classes
from components.recipe.data import SPLITS
from components.storage.examples import open_writer


class Executor(base_executor.BaseExecutor):
    """Fills `predictions`."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pools and writes; see `pooled`.

        Raises:
            LeakingFoldsError: an image is predicted twice or never, or a patient is in two folds.
        """
        (written,) = output_dict["predictions"]
        written.split_names = artifact_utils.encode_split_names([OUT_OF_FOLD])
        examples_utils.set_payload_format(written, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(written, "tfrecords_gzip")
        (model,) = input_dict["model"]
        written.set_int_custom_property(PREDICTED_MODEL_ID, model.id)

        before = input_dict.get("baseline_predictions", [])
        baseline = predicted_classes(_files(before, OUT_OF_FOLD)) if before else {}
        images = filenames(_files(input_dict["examples"], *SPLITS))
        folder = artifact_utils.get_split_uri([written], OUT_OF_FOLD)
        fileio.makedirs(folder)
        predictions = _files(input_dict["fold_predictions"], OUT_OF_FOLD)
        with open_writer(os.path.join(folder, "predictions.gz")) as writer:
            for record in pooled(predictions, baseline, images):
                writer.write(record)


def _files(examples: list[types.Artifact], *splits: str) -> list[str]:
    folders = [artifact_utils.get_split_uri(examples, split) for split in splits]
    return [os.path.join(folder, name) for folder in folders for name in fileio.listdir(folder)]
