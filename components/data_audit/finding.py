"""What a check says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from components.recipe.audit import Action

Severity = Literal["stop", "report", "ok"]


@dataclass(frozen=True)
class Case:
    """One thing that was found.

    Attributes:
        files: those it is about, paths in the data folder; none where it is about the whole set.
        reason: why, in a few words.
    """

    files: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Found:
    """What a check found, before the recipe's word on it.

    Attributes:
        check: its name in the recipe's section.
        sentence: what and how many; also where nothing was found.
        cases: what was found.
        remedy: what to do about it; the override that accepts it is added where it stops the run.
    """

    check: str
    sentence: str
    cases: tuple[Case, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check found, and what follows.

    Attributes:
        check: as of `Found`, as are `sentence`, `remedy` and `cases`.
        severity: `stop`, `report`, or `ok` where nothing was found.
    """

    check: str
    severity: Severity
    sentence: str
    remedy: str
    cases: tuple[Case, ...]

    @property
    def title(self) -> str:
        """The name of the check as words."""
        return self.check.replace("_", " ").capitalize()


def judge(found: Found, action: Action) -> Finding:
    """Returns the finding, by what the recipe says of it; `action` is not `off`."""
    severity: Severity = "report" if action == "report" else "stop"
    if not found.cases:
        return Finding(found.check, "ok", found.sentence, "", ())
    return Finding(found.check, severity, found.sentence, found.remedy, found.cases)


def count(number: int, one: str, many: str | None = None) -> str:
    """Returns `1 image` or `2 images`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def summary(findings: Sequence[Finding]) -> str:
    """Returns one line: what stops the run, else what is reported."""
    stops = [finding for finding in findings if finding.severity == "stop"]
    reports = [finding for finding in findings if finding.severity == "report"]
    if stops:
        many = count(len(stops), "finding stops", "findings stop")
        return f"{many} the run: {_names(stops)}"
    if reports:
        return f"{count(len(reports), 'finding')} to look at: {_names(reports)}"
    return f"nothing found by {count(len(findings), 'check')}"


def _names(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{f.check.replace('_', ' ')} ({len(f.cases)})" for f in findings)
