"""From the records of the images to the audit, and the report into its artifact."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.data_audit.audit import audit
from components.data_audit.checks.drift import Distance, distances
from components.data_audit.passes.workplace import Workplace
from components.data_audit.reading import find_encoded, read_pictures
from components.data_audit.report.files import write_report
from components.data_audit.report.page import shown_images
from components.imaging import quarantine
from components.imaging.measures.stored import FOLDER
from components.recipe.audit import AuditSection
from components.recipe.data import SPLITS
from components.runtime.threads import one_blas_thread
from components.storage.split_files import split_files
from components.storage.split_statistics import read_statistics

_SHARED = "parts"  # in the artifact, for the workers of an engine


class Executor(base_beam_executor.BaseBeamExecutor):
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
        stored = os.path.join(artifact_utils.get_single_uri(input_dict["examples"]), FOLDER, "*")
        artifact = artifact_utils.get_single_instance(output_dict["audit"])
        with self._workplace(artifact.uri) as place, one_blas_thread():
            result = audit(
                fileio.glob(stored),
                section,
                place,
                _drift(input_dict, section),
                *_remarks(input_dict),
                folds=exec_properties["folds"],
                seed=exec_properties["split_seed"],
            )
        read_pictures.cache_clear()
        encoded = find_encoded(split_files(input_dict["examples"], *SPLITS), shown_images(result))
        write_report(artifact.uri, result, encoded)
        artifact.stops, artifact.reports = len(result.stops), len(result.reports)
        artifact.summary = result.summary

    @contextmanager
    def _workplace(self, uri: str) -> Iterator[Workplace]:
        if not self._beam_pipeline_args:
            with tempfile.TemporaryDirectory() as folder:
                yield Workplace(folder)
            return
        shared = os.path.join(uri, _SHARED)
        if fileio.exists(shared):  # of an attempt that was ended
            fileio.rmtree(shared)
        fileio.makedirs(shared)
        yield Workplace(shared, self._make_beam_pipeline)
        fileio.rmtree(shared)


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
