"""From the artifacts to the pooled predictions."""

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.artifacts import OUT_OF_FOLD
from components.evaluator.baseline import PREDICTED_MODEL_ID
from components.evaluator.out_of_fold.pool import pooled, predicted_classes
from components.imaging.measures.stored import features_without_image
from components.storage.examples import open_writer
from components.storage.split_files import declare_splits, split_files


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
        declare_splits(written, [OUT_OF_FOLD])
        (model,) = input_dict["model"]
        written.set_int_custom_property(PREDICTED_MODEL_ID, model.id)

        before = input_dict.get("baseline_predictions", [])
        baseline = predicted_classes(split_files(before, OUT_OF_FOLD)) if before else {}
        examples = artifact_utils.get_single_uri(input_dict["examples"])
        images = [
            values["filename"].decode(errors="surrogateescape")
            for values in features_without_image(examples)
        ]
        folder = artifact_utils.get_split_uri([written], OUT_OF_FOLD)
        fileio.makedirs(folder)
        predictions = sorted(
            path
            for of_fold in input_dict["fold_predictions"]
            for path in split_files([of_fold], OUT_OF_FOLD)
        )
        with open_writer(os.path.join(folder, "predictions.gz")) as writer:
            for record in pooled(predictions, baseline, images):
                writer.write(record)
