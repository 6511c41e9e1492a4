"""Runs the passes, and gathers what the checks judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.duplicates import Group
from components.data_audit.checks.identity import suspicious_columns
from components.data_audit.checks.leaks import in_folds
from components.data_audit.checks.patients import Divided
from components.data_audit.checks.quality import layouts, median
from components.data_audit.finding import LISTED, Image
from components.data_audit.passes import first, second
from components.data_audit.passes.pairs import Places, Same, find_groups, find_same, read_rows
from components.data_audit.passes.persons import PERSON
from components.data_audit.passes.sample import sample
from components.data_audit.passes.survey import Survey, read_survey
from components.data_audit.passes.workplace import Workplace, read_file
from components.data_audit.remarks import Remarks, read_remarks
from components.folds.deal import fold_numbers
from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.text_marks import LINE
from components.recipe.audit import AuditSection

_OF_PAIRS = ("leaks", "contradictions", "duplicates")
_OF_IMAGES = (second.OUTLIERS, second.TEXT, second.IDENTITY)


@dataclass(frozen=True)
class Evidence:
    """What is known of the images, for the checks.

    Attributes:
        survey: sums over all images.
        patients: how many there are.
        sample: class → images, for the shortcuts; empty if none was needed.
        groups: of images that show one picture; with folds, their splits are the folds.
        divided: `split` or `label` → the patients with two of them.
        remarks: check → what is said of single images.
    """

    survey: Survey
    patients: int
    sample: Mapping[str, Sequence[ImageRecord]]
    groups: Sequence[Group]
    divided: Mapping[str, Divided]
    remarks: Mapping[str, Remarks]


def gather(
    files: Sequence[str], section: AuditSection, place: Workplace, folds: int = 0, seed: int = 0
) -> Evidence:
    """Reads the records of all images twice, and a sample of them once more.

    Args:
        files: of the records.
        section: the recipe's section.
        place: where the work is done.
        folds: number of those that decide; 0 for a test split.
        seed: that deals the patients to them.

    Raises:
        DataError: some class has fewer patients than there are folds.
    """
    items = list(enumerate(sorted(files)))
    parts = first.parts_for(len(items))
    place.group(first.FirstPass(parts, bool(folds)), items)
    survey = read_survey(map(read_file, place.find(first.SURVEY)))
    fold_of = _deal(place, folds, seed) if folds else {}

    same = Same()
    if any(section.action(check) != "off" for check in _OF_PAIRS):
        same = find_same(place, section, parts, survey.images)
    persons = {side: read_rows(place, name, PERSON) for side, name in first.IN_TWO.items()}
    listed = {side: rows["place"][:LISTED].astype(np.int64) for side, rows in persons.items()}
    sampled = sample(files) if {section.shortcuts, section.outliers} != {"off"} else {}
    checks = [check for check in _OF_IMAGES if section.action(check) != "off"]
    work = second.SecondPass(
        checks,
        median(survey.sides),
        layouts(sampled),
        suspicious_columns(survey.columns),
        LINE,
        place.write("wanted", _wanted(same, list(listed.values())).tobytes()),
    )
    place.group(work, items)

    images = _images(place)
    groups = find_groups(place, same, images, section.similarity)
    return Evidence(
        survey,
        sum(int(read_file(path)) for path in place.find(f"{first.PATIENTS}-")),
        sampled,
        in_folds(groups, fold_of) if folds else groups,
        {
            side: Divided(len(np.unique(rows["patient"])), _by_name(images, listed[side]))
            for side, rows in persons.items()
        },
        {check: read_remarks(_only(place, f"{second.REMARKS}-{check}")) for check in checks},
    )


def _deal(place: Workplace, folds: int, seed: int) -> dict[str, int]:
    return fold_numbers(first.read_dealt(_only(place, first.DEALT)), folds, seed)


def _wanted(same: Same, others: Sequence[Places]) -> NDArray[np.void]:
    """Returns the rows for the second pass: thumbnails only of those in pairs."""
    copies = same.copies["one"], same.copies["other"]
    places = np.unique(np.concatenate([same.pairs.ravel(), *copies, *others]))
    rows = np.empty(len(places), second.WANTED)
    rows["place"] = places
    rows["thumbnail"] = np.isin(places, same.pairs)
    return rows


def _images(place: Workplace) -> dict[int, Image]:
    return {
        number: image
        for path in place.find(f"{second.IMAGES}-")
        for number, image, _ in second.read_images(read_file(path))
    }


def _by_name(images: Mapping[int, Image], places: Places) -> list[Image]:
    return sorted((images[place] for place in places.tolist()), key=lambda one: one.filename)


def _only(place: Workplace, name: str) -> bytes:
    (path,) = place.find(name)
    return read_file(path)
