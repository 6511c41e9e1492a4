"""The audit as one offline page, with the images in question.

It names no files, as their names may hold names of patients: cases have the numbers that they
have in the CSV beside the page.
"""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image

from components.data_audit.audit import AuditResult
from components.data_audit.finding import Case, Finding, Image
from components.recipe.data import SPLITS
from components.runtime.html import html_environment

_HERE = Path(__file__).parent
_CASES, _FILES = 12, 4  # shown of a finding and of a case; the CSV has all
_CELLS = 12
_SIDE = 192  # pixels of an image on the page
# The images show nothing of it, and a metadata column is about all of them.
_WITHOUT_IMAGES = frozenset({"identity"})


def shown_images(result: AuditResult) -> set[Image]:
    """Returns the images that the page shows."""
    return {
        image
        for finding in result.findings
        for case in _shown_cases(finding)
        for image in _shown(finding, case)
    }


def render(result: AuditResult, encoded: Mapping[str, bytes]) -> str:
    """Returns the page.

    Args:
        result: of the audit.
        encoded: file name → stored bytes, of `shown_images`.
    """
    return (
        html_environment(_HERE)
        .get_template("page.html")
        .render(
            result=result,
            findings=[_finding(finding, encoded) for finding in result.findings],
            splits=SPLITS,
            largest=max(max(row.values()) for row in result.counts.values()),
            cells=result.cells[:_CELLS],
            classes=sorted(result.counts),
        )
    )


def _finding(finding: Finding, encoded: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "finding": finding,
        "cases": [_case(finding, case, encoded) for case in _shown_cases(finding)],
        "more": finding.count - len(_shown_cases(finding)),
        "csv": finding.csv_name,
    }


def _case(finding: Finding, case: Case, encoded: Mapping[str, bytes]) -> dict[str, Any]:
    images = [
        {
            "split": image.split,
            "label": image.label,
            "source": _data_address(encoded[image.filename]),
        }
        for image in _shown(finding, case)
        if image.filename in encoded
    ]
    return {
        "reason": case.reason,
        "images": images,
        "files": len(case.images),
        "more": len(case.images) - len(images) if images else 0,
    }


def _shown_cases(finding: Finding) -> tuple[Case, ...]:
    return finding.cases[:_CASES]


def _shown(finding: Finding, case: Case) -> tuple[Image, ...]:
    return () if finding.check in _WITHOUT_IMAGES else case.images[:_FILES]


def printable(name: str) -> str:
    """Returns a file name that can be written as UTF-8, whatever its bytes on the disk."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _data_address(encoded: bytes) -> str:
    """Returns a small copy as a data: address; encoded again, without annotations."""
    image = PIL.Image.open(io.BytesIO(encoded)).convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
