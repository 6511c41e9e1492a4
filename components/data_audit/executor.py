"""From the records of the images to the audit, and the report into its artifact."""

import os
from collections import Counter
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.data_audit.audit import audit
from components.data_audit.checks.drift import Distance, distances
from components.data_audit.reading import find_encoded, read_pictures
from components.data_audit.report.files import write_report
from components.data_audit.report.page import shown_files
from components.imaging import quarantine
from components.imaging.measures.stored import FOLDER
from components.recipe.audit import AuditSection
from components.recipe.data import SPLITS
from components.storage.split_files import split_files
from components.storage.split_statistics import read_statistics


class Executor(base_executor.BaseExecutor):
    """Checks the records that ImageExampleGen has stored of the images, and writes the report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `audit`; a finding is not an error of this node.

        Raises:
            DataError: some class has fewer patients than there are folds.
        """
        section = AuditSection.model_validate_json(exec_properties["section"])
        files = {split: split_files(input_dict["examples"], split) for split in SPLITS}
        stored = os.path.join(artifact_utils.get_single_uri(input_dict["examples"]), FOLDER, "*")
        pictures = read_pictures(fileio.glob(stored))
        result = audit(
            pictures,
            section,
            _drift(input_dict, section),
            *_remarks(input_dict),
            folds=exec_properties["folds"],
            seed=exec_properties["split_seed"],
        )
        artifact = artifact_utils.get_single_instance(output_dict["audit"])
        encoded = find_encoded(files, shown_files(result))
        write_report(artifact.uri, result, pictures, encoded)
        artifact.stops, artifact.reports = len(result.stops), len(result.reports)
        artifact.summary = result.summary


def _drift(
    input_dict: dict[str, list[types.Artifact]], section: AuditSection
) -> list[Distance] | None:
    if section.drift == "off" or not input_dict.get("baseline"):
        return None
    current, baseline = (
        read_statistics(input_dict[name], "train") for name in ("statistics", "baseline")
    )
    return distances(current, baseline, section)


def _remarks(input_dict: dict[str, list[types.Artifact]]) -> tuple[dict[str, int], dict[str, int]]:
    """Returns reason → files that were not used, and note → files that were."""
    folder = artifact_utils.get_single_uri(input_dict["quarantine"])
    not_used, noted = (
        _items(os.path.join(folder, name)) for name in (quarantine.FILE_NAME, quarantine.NOTES_FILE)
    )
    return (
        dict(Counter(item.reason for item in not_used).most_common()),
        dict(Counter(item.detail for item in noted).most_common()),
    )


def _items(path: str) -> list[quarantine.Quarantined]:
    with fileio.open(path, "r") as file:
        return quarantine.from_csv(file.read())
