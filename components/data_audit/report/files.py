"""Writes the audit: `audit.json` for programs, `audit.html` for people, CSV lists for both."""

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tfx.dsl.io import fileio

from components.artifacts import AUDIT_JSON, AUDIT_PAGE
from components.data_audit.audit import AuditResult
from components.data_audit.finding import Finding
from components.data_audit.report.page import printable, render
from components.runtime.text import quoted_cell

_EXAMPLES = 20  # cases of a finding in the JSON; the CSV has all


def write_report(folder: str, result: AuditResult, encoded: Mapping[str, bytes]) -> None:
    """Fills the artifact's folder.

    Args:
        folder: its address.
        result: of the audit.
        encoded: file name → stored bytes, of those the page shows.
    """
    _write(folder, AUDIT_JSON, json.dumps(to_json(result), indent=2, allow_nan=False))
    _write(folder, AUDIT_PAGE, render(result, encoded))
    for finding in result.findings:
        if finding.csv_name:
            _write(folder, finding.csv_name, to_csv(finding))


def to_json(result: AuditResult) -> dict[str, Any]:
    """Returns what `audit.json` holds."""
    return {
        "summary": result.summary,
        "findings": [_finding(finding) for finding in result.findings],
        "counts": result.counts,
        "slices": [asdict(cell) for cell in result.cells],
        "shortcuts": [asdict(row) for row in result.shortcuts],
        "drift": None if result.drift is None else [asdict(row) for row in result.drift],
        "quarantine": result.quarantine,
        "notes": result.notes,
    }


def to_csv(finding: Finding) -> str:
    """Returns the cases of a finding, one row a file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("case", "file", "split", "class", "patient", "reason"))
    for number, case in enumerate(finding.cases, start=1):
        for image in case.images:
            file = quoted_cell(printable(image.filename))
            row = (number, file, image.split, image.label, image.patient)
            writer.writerow((*row, case.reason))
    return text.getvalue()


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "count": finding.count,
        "remedy": finding.remedy,
        "examples": [
            {"files": [printable(name) for name in case.files[:_EXAMPLES]], "reason": case.reason}
            for case in finding.cases[:_EXAMPLES]
        ],
    }


def _write(folder: str, name: str, text: str) -> None:
    with fileio.open(os.path.join(folder, name), "w") as file:
        file.write(text)
