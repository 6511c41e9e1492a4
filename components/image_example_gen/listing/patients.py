"""Finds the patient of an image.

Raw patient identifiers stay inside the listing: see `components/storage/patient_key.py`.
"""

import re

from components.image_example_gen.listing.dicom_headers import header_patients
from components.image_example_gen.listing.metadata import MetadataTable
from components.recipe.data import PatientSource
from components.runtime.errors import DataError

_ABSENT = frozenset({"nan", "none", "null", "na", "n/a", "unknown"})  # written for an empty cell


class PatientFinder:
    """Finds the patient of each path, by the rule of the recipe.

    Args:
        base: the data folder, where headers have to be read.
        source: the rule.
        table: the metadata CSV.
    """

    def __init__(self, base: str, source: PatientSource, table: MetadataTable):
        self._base = base
        self._source = source
        self._table = table
        self._pattern = re.compile(source.regex) if source.regex else None

    def find(self, paths: list[str]) -> list[str]:
        """Returns the patients of `paths`, in the same order.

        Raises:
            DataError: some file has no patient, the message counts them and shows the first; or
                every file is said to be a patient of its own, and DICOM headers say otherwise.
        """
        patients = self.look_up(paths)
        if self._source.source == "each_file":
            _check_each_file(paths, header_patients(self._base, paths))
        missing = [path for path, patient in zip(paths, patients, strict=True) if not patient]
        check_all_known(len(missing), len(paths), next(iter(missing), ""), self._source)
        return [patient for patient in patients if patient]

    def look_up(self, paths: list[str]) -> list[str | None]:
        """Returns the patients of `paths`, None or '' where the rule finds none."""
        if self._source.source == "dicom":
            return header_patients(self._base, paths)
        return [self._patient(path) for path in paths]

    def _patient(self, path: str) -> str | None:
        if self._source.source == "each_file":
            return path
        if self._source.source == "metadata":
            value = self._table.value(path, self._source.column or "")
            return None if value and value.lower() in _ABSENT else value
        text = path if self._source.source == "path" else path.rsplit("/", 1)[-1]
        match = self._pattern.search(text) if self._pattern else None
        return match["patient"] if match else None


def check_all_known(missing: int, images: int, example: str, source: PatientSource) -> None:
    """Refuses images whose patient is not known.

    Args:
        missing: number of these.
        images: number of all.
        example: path of one of these.
        source: the rule.

    Raises:
        DataError: there are any.
    """
    if not missing:
        return
    detail = source.regex or source.column
    rule = f"from: {source.source}" + (f", {detail}" if detail else "")
    raise DataError(
        f"{missing} of {images} files have no patient by the rule `{rule}`, for example "
        f"{example!r}. Images of one patient must not be split up: correct data.patient, or state "
        "that every file is another patient with --set 'data.patient={from: each_file}'."
    )


def _check_each_file(paths: list[str], patients: list[str | None]) -> None:
    files_of: dict[str, list[str]] = {}
    for path, patient in zip(paths, patients, strict=True):
        if patient:
            files_of.setdefault(patient, []).append(path)
    several = [found for found in files_of.values() if len(found) > 1]
    if several:
        raise DataError(
            "data.patient says `from: each_file`, and the DICOM headers name "
            f"{len(files_of)} patients for {sum(map(len, files_of.values()))} files (Patient ID, "
            f"0010,0020); {several[0][0]!r} and {several[0][1]!r} are of one patient. Use --set "
            "'data.patient={from: dicom}'. If the headers are wrong, as after an anonymisation, "
            "say how file names show the patient: --set 'data.patient={from: filename, regex: "
            '"(?P<patient>.+)"}\'.'
        )
