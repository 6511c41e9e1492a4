"""Makes a training folder of the images of a PACS: finds, fetches, de-identifies, lists."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from pydicom import Dataset

from components.imaging.dicom.attributes import read_text
from components.storage.atomic_write import (
    OWNER_ONLY,
    remove_unfinished,
    replacing,
    write_atomically,
)
from serving.dicom.errors import FetchError
from serving.dicom.fetch.acceptance import why_refused
from serving.dicom.fetch.archive import Archive, ArchiveError, Instance, Query
from serving.dicom.fetch.deidentify import deidentify
from serving.dicom.fetch.labels import LabelledStudy
from serving.dicom.fetch.manifest import FILE_NAME, Entry, Manifest, Outcome
from serving.dicom.fetch.profile import EDITION, Profile, Retain
from serving.dicom.fetch.pseudonyms import Pseudonyms

SETTINGS = "dicom-fetch.json"
_PATIENCE = 5  # studies
_NOT_SENT = "the PACS lists the image, and sent no whole DICOM file"


class Fetcher:
    """Fetches the images of studies into a folder, and goes on where it was stopped.

    Args:
        archive: the PACS.
        folder: made if it does not exist; what is in there is continued.
        profile: how images are de-identified.
        pseudonyms: by the site's key.

    Attributes:
        manifest_file: the list of what came and what did not.
        last_failure: why the PACS failed for a study; '' if it did not.

    Raises:
        FetchError: the folder was made with other options or another key, or another process writes
            into it.
        OSError: it can't be written.
    """

    def __init__(
        self, archive: Archive, folder: Path, profile: Profile, pseudonyms: Pseudonyms
    ) -> None:
        self._archive, self._folder = archive, folder
        self.manifest_file = folder / FILE_NAME
        self.last_failure = ""
        self._profile, self._pseudonyms = profile, pseudonyms
        folder.mkdir(parents=True, exist_ok=True)
        self._check_settings()
        try:
            self._manifest = Manifest(folder)
        except BlockingIOError:
            raise FetchError(
                f"One process at a time fetches into a folder. Received: {folder}, which another "
                "one writes. Wait for it, or give another --out."
            ) from None

    def fetch(self, studies: Iterable[LabelledStudy], query: Query) -> Counter[Outcome]:
        """Fetches what is not there yet, and returns how many rows were added, by outcome.

        Args:
            studies: which are wanted.
            query: what is matched beside the accession number.

        Raises:
            FetchError: the PACS failed for several studies, one after the other.
            OSError: the folder can't be written.
        """
        failed = 0
        with self._manifest:
            remove_unfinished(self._folder)
            for study in studies:
                try:
                    self._fetch(study, query)
                    failed = 0
                except ArchiveError as error:
                    self.last_failure = str(error)
                    self._add(study, Outcome.FAILED, reason=self.last_failure)
                    failed += 1
                    if failed == _PATIENCE:
                        raise FetchError(
                            f"The PACS failed for {_PATIENCE} studies, one after the other: "
                            f"{error}. Check its address and AE title, and run the command again: "
                            "it goes on where it stopped."
                        ) from error
        return self._manifest.counts

    def _fetch(self, study: LabelledStudy, query: Query) -> None:
        listed = self._archive.find(study.accession, query)
        if not listed:
            self._add(study, Outcome.MISSING, reason="the PACS has no image that matches")
            return
        left = {one.uid: one for one in listed if not self._is_done(self._pseudonyms.uid(one.uid))}
        if not left:
            return
        lock = Lock()  # by C-MOVE, images may arrive over several associations
        trouble: list[Exception] = []

        def receive(dataset: Dataset) -> None:
            with lock:
                uid = read_text(dataset, "SOPInstanceUID")
                if uid not in left or trouble:  # what nobody asked for stays outside
                    return
                try:
                    self._keep(study, left.pop(uid), dataset)
                except Exception as error:  # noqa: BLE001 - raised below, in the caller's thread
                    trouble.append(error)

        self._archive.retrieve(list(left.values()), receive)
        if trouble:
            raise trouble[0]
        for instance in left.values():
            self._add_instance(study, Outcome.MISSING, instance, reason=_NOT_SENT)

    def _is_done(self, instance: str) -> bool:
        """A file that was deleted is fetched again."""
        entry = self._manifest.final.get(instance)
        return entry is not None and (not entry.file or (self._folder / entry.file).is_file())

    def _keep(self, study: LabelledStudy, instance: Instance, dataset: Dataset) -> None:
        if reason := why_refused(dataset):
            self._add_instance(study, Outcome.REFUSED, instance, reason=reason)
            return
        patient = self._pseudonyms.patient(read_text(dataset, "PatientID"))
        try:
            deidentify(dataset, self._profile, self._pseudonyms)
            file = self._write(study, instance, patient, dataset)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - pydicom raises anything on broken values
            # What it raises may quote a value: not a word of it is kept.
            reason = f"it can't be de-identified, since a value is broken ({type(error).__name__})"
            self._add_instance(study, Outcome.REFUSED, instance, reason=reason)
            return
        self._add_instance(study, Outcome.FETCHED, instance, patient=patient, file=file)

    def _write(
        self, study: LabelledStudy, instance: Instance, patient: str, dataset: Dataset
    ) -> str:
        mark = self._pseudonyms.uid(instance.uid).removeprefix("2.25.")
        file = f"{study.label}/{patient}_{mark}.dcm"
        path = self._folder / file
        path.parent.mkdir(exist_ok=True)
        with replacing(path, OWNER_ONLY) as target:
            dataset.save_as(target, enforce_file_format=True)
        return file

    # === Lists ===

    def _add(self, wanted: LabelledStudy, outcome: Outcome, **more: str) -> None:
        self._manifest.add(Entry(wanted.row, wanted.label, outcome, **more))

    def _add_instance(
        self, wanted: LabelledStudy, outcome: Outcome, instance: Instance, **more: str
    ) -> None:
        uid, study = self._pseudonyms.uid(instance.uid), self._pseudonyms.uid(instance.study)
        self._add(wanted, outcome, instance=uid, study=study, **more)

    def _check_settings(self) -> None:
        settings = {
            "profile": f"DICOM PS3.15 {EDITION}, Basic Application Level Confidentiality Profile",
            "retain": [one.value for one in Retain if one in self._profile.retain],
            "pixels_cleaned": False,
            "key": self._pseudonyms.uid("the key of this folder"),  # another key gives another
        }
        path = self._folder / SETTINGS
        if not path.exists():
            write_atomically(path, json.dumps(settings, indent=2) + "\n")
        elif json.loads(path.read_bytes()) != settings:
            raise FetchError(
                f"A folder is de-identified in one way. {path} was made with other --retain "
                "options or another patient key. Give the same ones, or another --out."
            )
