"""The result of a check, and its severity by the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from components.recipe.audit import Action

Severity = Literal["stop", "report", "ok"]


LISTED = 100_000  # images of a finding; beyond that they are counted, but not listed


@dataclass(frozen=True)
class Image:
    """An image as a finding names it.

    Attributes:
        filename: path in the data folder.
        split: `train`, `eval` or `test`, or the fold.
        label: its class.
        patient: keyed hash.
        shard: name of the file that its Example is in.
    """

    filename: str
    split: str
    label: str
    patient: str
    shard: str = ""


@dataclass(frozen=True)
class Case:
    """One case of a finding.

    Attributes:
        images: none if the case is about the whole data set.
        reason: in a few words.
    """

    images: tuple[Image, ...]
    reason: str

    @property
    def files(self) -> tuple[str, ...]:
        """Their paths in the data folder."""
        return tuple(image.filename for image in self.images)


@dataclass(frozen=True)
class Found:
    """The result of a check, before the recipe gives it a severity.

    Attributes:
        check: its name in the recipe's section.
        sentence: what was found and how often; also if nothing was found.
        cases: what was found, with at most `LISTED` images.
        remedy: what to do about it. If it stops the run, the option that accepts it is added.
        count: of cases, those that are not listed too; None: of those listed.
    """

    check: str
    sentence: str
    cases: tuple[Case, ...] = ()
    remedy: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Finding:
    """The result of a check with its severity.

    Attributes:
        check: as in `Found`, like `sentence`, `remedy`, `cases` and `count`.
        severity: `stop`, `report`, or `ok` if nothing was found.
    """

    check: str
    severity: Severity
    sentence: str
    remedy: str
    cases: tuple[Case, ...]
    count: int

    @property
    def title(self) -> str:
        """The name of the check as words."""
        return self.check.replace("_", " ").capitalize()

    @property
    def csv_name(self) -> str:
        """The name of the file with all cases; '' if no case has files."""
        return f"{self.check}.csv" if any(case.images for case in self.cases) else ""


def judge(found: Found, action: Action) -> Finding:
    """Returns the finding with its severity.

    Args:
        found: result of a check.
        action: of the recipe for this check, not `off`.
    """
    severity: Severity = "report" if action == "report" else "stop"
    if not found.cases:
        return Finding(found.check, "ok", found.sentence, "", (), 0)
    number = len(found.cases) if found.count is None else found.count
    sentence = found.sentence
    if number > len(found.cases):
        sentence += f" (the list has the first {len(found.cases)})"
    return Finding(found.check, severity, sentence, found.remedy, found.cases, number)


def count(number: int, one: str, many: str | None = None) -> str:
    """Returns `1 image` or `2 images`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def summary(findings: Sequence[Finding]) -> str:
    """Returns one line: the findings that stop the run, else those that are reported."""
    stops = [finding for finding in findings if finding.severity == "stop"]
    reports = [finding for finding in findings if finding.severity == "report"]
    if stops:
        many = count(len(stops), "finding stops", "findings stop")
        return f"{many} the run: {_names(stops)}"
    if reports:
        return f"{count(len(reports), 'finding')} to review: {_names(reports)}"
    return f"nothing found by {count(len(findings), 'check')}"


def _names(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{f.check.replace('_', ' ')} ({f.count})" for f in findings)
