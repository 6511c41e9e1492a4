"""The audit as one offline page, with the images in question.

It names no files, as their names may hold names of patients: cases have the numbers that they
have in the CSV beside the page.
"""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from components.data_audit.audit import AuditResult
from components.data_audit.finding import Case, Finding
from components.imaging.measures.image_record import ImageRecord
from components.recipe.data import SPLITS
from components.runtime.html import html_environment

_HERE = Path(__file__).parent
_CASES, _FILES = 12, 4  # shown of a finding and of a case; the CSV has all
_CELLS = 12
_SIDE = 192  # pixels of an image on the page
# The images show nothing of it, and a metadata column is about all of them.
_WITHOUT_IMAGES = frozenset({"identity"})


def shown_files(result: AuditResult) -> set[str]:
    """Returns the files whose images the page shows."""
    return {
        name
        for finding in result.findings
        for case in _shown_cases(finding)
        for name in _shown_names(finding, case)
    }


def render(
    result: AuditResult, by_name: Mapping[str, ImageRecord], encoded: Mapping[str, bytes]
) -> str:
    """Returns the page.

    Args:
        result: of the audit.
        by_name: file name → picture.
        encoded: file name → stored bytes, of `shown_files`.
    """
    return (
        html_environment(_HERE)
        .get_template("page.html")
        .render(
            result=result,
            findings=[_finding(finding, by_name, encoded) for finding in result.findings],
            splits=SPLITS,
            largest=max(max(row.values()) for row in result.counts.values()),
            cells=result.cells[:_CELLS],
            classes=sorted(result.counts),
            images=len(by_name),
            patients=len({picture.patient for picture in by_name.values()}),
        )
    )


def _finding(
    finding: Finding, by_name: Mapping[str, ImageRecord], encoded: Mapping[str, bytes]
) -> dict[str, Any]:
    return {
        "finding": finding,
        "cases": [_case(finding, case, by_name, encoded) for case in _shown_cases(finding)],
        "more": len(finding.cases) - len(_shown_cases(finding)),
        "csv": finding.csv_name,
    }


def _case(
    finding: Finding, case: Case, by_name: Mapping[str, ImageRecord], encoded: Mapping[str, bytes]
) -> dict[str, Any]:
    images = [
        {
            "split": by_name[name].split,
            "label": by_name[name].label,
            "source": _data_address(encoded[name]),
        }
        for name in _shown_names(finding, case)
        if name in encoded
    ]
    return {
        "reason": case.reason,
        "images": images,
        "files": len(case.files),
        "more": len(case.files) - len(images) if images else 0,
    }


def _shown_cases(finding: Finding) -> tuple[Case, ...]:
    return finding.cases[:_CASES]


def _shown_names(finding: Finding, case: Case) -> tuple[str, ...]:
    return () if finding.check in _WITHOUT_IMAGES else case.files[:_FILES]


def printable(name: str) -> str:
    """Returns a file name that can be written as UTF-8, whatever its bytes on the disk."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _data_address(encoded: bytes) -> str:
    """Returns a small copy as a data: address; encoded again, without annotations."""
    image = Image.open(io.BytesIO(encoded)).convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
