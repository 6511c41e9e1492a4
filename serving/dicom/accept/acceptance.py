"""The rules that say whether an image is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydicom import Dataset
from pydicom.uid import UID

from components.recipe.dicom import Accept

# Secondary Capture Image Storage and its multi-frame kinds: often results of programs.
SECONDARY = tuple(f"1.2.840.10008.5.1.4.1.1.7{end}" for end in ("", ".1", ".2", ".3", ".4"))


@dataclass(frozen=True)
class Refusal:
    """Why an object is not answered.

    Attributes:
        reason: in words.
        is_image: whether it is an image that a report may speak of; a secondary capture or another
            result is not, or a report would follow a report.
    """

    reason: str
    is_image: bool = True


def why_not(dataset: Dataset, rules: Accept, today: date) -> Refusal | None:
    """Returns why an object is not answered, or None for an image that fits.

    Args:
        dataset: its header.
        rules: of the recipe.
        today: from which the age of a study counts.
    """
    return _not_an_image(dataset) or _localizer(dataset) or _prior(dataset, rules, today) or _tags(
        dataset, rules
    )  # fmt: skip


def _not_an_image(dataset: Dataset) -> Refusal | None:
    sop_class, kinds = UID(str(dataset.get("SOPClassUID") or "")), _values(dataset, "ImageType")
    if sop_class in SECONDARY or kinds[1:2] == ["SECONDARY"]:
        return Refusal("it is a secondary capture", is_image=False)
    if "Image Storage" not in sop_class.name:
        return Refusal(f"it is no image: {sop_class.name or 'no SOP class'}", is_image=False)
    return None


def _localizer(dataset: Dataset) -> Refusal | None:
    if "LOCALIZER" in _values(dataset, "ImageType")[2:]:
        return Refusal("it is a localizer (Image Type)")
    return None


def _prior(dataset: Dataset, rules: Accept, today: date) -> Refusal | None:
    if rules.max_age_days is None:
        return None
    text = str(dataset.get("StudyDate") or "")
    try:
        made = datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        missing = "it has no Study Date" if not text else f"its Study Date is {text!r}"
        return None if rules.missing == "accept" and not text else Refusal(missing)
    age = (today - made).days
    if age > rules.max_age_days:
        return Refusal(
            f"it is a prior: its study is {age} days old, more than {rules.max_age_days}"
        )
    return None


def _tags(dataset: Dataset, rules: Accept) -> Refusal | None:
    checks = (
        ("Modality", "Modality", rules.modality, True),
        ("Body Part Examined", "BodyPartExamined", rules.body_part, False),
        ("View Position", "ViewPosition", rules.view, False),
        ("Photometric Interpretation", "PhotometricInterpretation", rules.photometric, True),
    )
    for name, keyword, allowed, needed in checks:
        found = str(dataset.get(keyword) or "").strip().upper()
        if not allowed or found in allowed:
            continue
        if found:
            return Refusal(f"its {name} is {found}, not {_or(allowed)}")
        if needed or rules.missing == "refuse":
            return Refusal(f"it has no {name}, which has to be {_or(allowed)}")
    return None


def _values(dataset: Dataset, keyword: str) -> list[str]:
    value = dataset.get(keyword) or []
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)
