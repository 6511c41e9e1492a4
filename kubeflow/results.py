"""What a run came to, as its tasks report it: in their logs, and in ML Metadata.

Kubeflow Pipelines gives a client no output of a task, only its log, and that as long as the pod or
an archive has it.
"""

import re
from collections.abc import Mapping
from enum import Enum

from components.runtime.exit_codes import ExitCode


class Result(str, Enum):
    """A part of what a run came to; the value is its title in a log.

    Attributes:
        MONITOR: whether the predictions are like those that the gate judged.
        DECISION: whether to train, and why.
        VERDICT: of the gate, with its reasons; in the end also whether the model was pushed.
        WORST_CLASS: the class with the smallest margin to its floor.
        OUTCOME: one of `OUTCOMES`, or of `MONITORED`.
        REPORT: path or address of the run's page.
        BEST: of a search: the best trial, with its values as options of a command.
    """

    MONITOR = "Monitor"
    DECISION = "Decision"
    VERDICT = "Verdict"
    WORST_CLASS = "Worst class"
    OUTCOME = "Outcome"
    REPORT = "Report"
    BEST = "Best values"

    @property
    def property_name(self) -> str:
        """The custom property of an execution in ML Metadata that holds it."""
        return f"medtfx_{self.name.lower()}"


Results = Mapping[Result, str]

OUTCOMES = {
    ExitCode.OK: "pushed",
    ExitCode.NOT_BLESSED: "not pushed",
    ExitCode.UNAPPROVED: "waits for approval",
    ExitCode.DECLINED: "declined to train",
}

SEARCHED = "searched"  # outcome of a search, which ends well however good its trials are
MONITORED = {ExitCode.OK: "quiet", ExitCode.ALARM: "alarm"}  # of the monitor alone

_TITLES = "|".join(result.value for result in Result)
# After date and time, as `kubeflow.node.process` sets the log up.
_LINE = re.compile(rf"^\S+ \S+ ({_TITLES}): (.+)$", re.MULTILINE)
_ERROR = re.compile(r"^\S+ \S+ Error: (.+)$", re.MULTILINE)
# Argo's executor and KFP's launcher write to the log of the container that they start.
_KLOG = r"\d{4} [\d:.]+ +\d+ [\w.-]+:\d+\] "
_AROUND = re.compile(rf"time=\S+ level=|[IWEF]{_KLOG}|Error: exit status \d+$")
_FATAL = re.compile(rf"F{_KLOG}(.+)")


def result_line(result: Result, text: str) -> str:
    """Returns a result as a line of a log."""
    return f"{result.value}: {' '.join(text.split())}"


def read_results(log: str) -> dict[Result, str]:
    """Returns the results in the log of a task; of several lines with one title, the last."""
    return {Result(title): text.strip() for title, text in _LINE.findall(log)}


def read_error(log: str) -> str:
    """Returns the sentence with which a task failed; '' if its log has none."""
    errors = _ERROR.findall(log)
    return str(errors[-1]).strip() if errors else ""


def last_words(log: str) -> str:
    """Returns the last line of a log that is not of the programs around the container.

    Where those have written all of it, as in the pod of a driver, it is what KFP's ended with.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    own = [line for line in lines if not _AROUND.match(line)]
    fatal = [match[1] for line in lines if (match := _FATAL.match(line))]
    return next((found[-1] for found in (own, fatal, lines) if found), "")


def exit_code_of(outcome: str) -> ExitCode | None:
    """Returns the exit code of an outcome in words; None for other words."""
    if outcome == SEARCHED:
        return ExitCode.OK
    known = (*OUTCOMES.items(), *MONITORED.items())
    return next((code for code, words in known if words == outcome), None)
