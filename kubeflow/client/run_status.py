"""How a run stands: its tasks, the nodes in them, what they came to, and what holds them up."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from components.nodes import GATE, LAST, MONITOR, RETRAINING, TUNER, place_of
from components.runtime.environment import ML_METADATA
from components.runtime.errors import MedtfxError
from components.runtime.exit_codes import ExitCode
from kubeflow.client import runs
from kubeflow.client.connection import Connection
from kubeflow.client.logs import TaskLog, read_log
from kubeflow.client.package_nodes import nodes_of_tasks
from kubeflow.client.pods import of_node, pod_troubles, running_logs
from kubeflow.client.recorded import recorded_results
from kubeflow.client.tasks import Task, has_declined, is_ours, tasks_of
from kubeflow.results import (
    OUTCOMES,
    Result,
    exit_code_of,
    last_words,
    read_error,
    read_results,
)

_REPORTING = (MONITOR, RETRAINING, GATE, LAST, TUNER)
_AT_WORK = ("RUNNING", "PENDING")
_BROKEN = ("FAILED", "ERROR")
_AT_ONCE = 8
_RECORDED = "ML Metadata"


@dataclass(frozen=True)
class Found:
    """A result, and where it was read."""

    text: str
    source: str


@dataclass(frozen=True)
class RunStatus:
    """How a run stands.

    Attributes:
        run: as the server describes it.
        tasks: that have begun, in the order of the DAG.
        nodes: task → state of each of its nodes, for a task of several.
        reasons: task → why it failed, or why its pod does not start.
        results: what the run came to so far.
        never_began: nodes of an ended run that never began.
        is_silent: whether a task is at work without a log, and Kubernetes can't be asked why.
        note: why something can't be shown; ''.
    """

    run: runs.Run
    tasks: list[Task]
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[Result, Found] = field(default_factory=dict)
    never_began: tuple[str, ...] = ()
    is_silent: bool = False
    note: str = ""

    def exit_code(self) -> ExitCode | None:
        """Returns how `medtfx run` would have ended; None if a run ended well and says no more."""
        outcome = self.results.get(Result.OUTCOME)
        known = exit_code_of(outcome.text) if outcome else None
        if self.run.state != "SUCCEEDED":
            return known or ExitCode.FAILED
        if has_declined(self.run):
            return ExitCode.DECLINED
        return known if is_ours(self.run) else ExitCode.OK


class StatusReader:
    """Reads how a run stands, again and again.

    Args:
        connection: to the server.
        run: the run.
    """

    def __init__(self, connection: Connection, run: runs.Run):
        self._connection = connection
        self._nodes = nodes_of_tasks(connection, run)
        # Of tasks that have ended, by pod and duration: KFP's retry of a run takes the same names.
        self._logs: dict[tuple[str, float | None], TaskLog] = {}

    def read(self, run: runs.Run) -> RunStatus:
        """Returns how a run stands that the server has just described."""
        tasks = tasks_of(run)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = {task.node: task for task in tasks if self._wants_log(task)}
            found = pool.map(lambda task: self._log(run, task), asked.values())
            logs = dict(zip(asked, found, strict=True))
        logs |= self._running_logs(run, tasks, logs)
        troubles = self._troubles(run, tasks)
        results, note = self._results(run, logs)
        return RunStatus(
            run,
            tasks,
            nodes=self._states_of_nodes(tasks, logs),
            reasons={
                task.node: reason
                for task in tasks
                if (reason := _reason(task, logs.get(task.node, TaskLog()), troubles or {}))
            },
            results=results,
            never_began=self._never_began(run, tasks),
            is_silent=troubles is None and any(_is_silent(task, logs) for task in tasks),
            note=note,
        )

    def _of(self, task: Task) -> tuple[str, ...]:
        return self._nodes.get(task.node, (task.node,))

    def _wants_log(self, task: Task) -> bool:
        reports = bool({task.node, *self._of(task)} & set(_REPORTING))
        return task.state in (*_AT_WORK, *_BROKEN) or len(self._of(task)) > 1 or reports

    def _log(self, run: runs.Run, task: Task) -> TaskLog:
        known = task.pod, task.seconds
        if task.state not in _AT_WORK and known in self._logs:
            return self._logs[known]
        log = read_log(self._connection, run.run_id, task.pod or task.driver)
        if task.state not in _AT_WORK and task.pod and log.text:
            self._logs[known] = log
        return log

    def _running_logs(
        self, run: runs.Run, tasks: list[Task], logs: Mapping[str, TaskLog]
    ) -> dict[str, TaskLog]:
        """Returns the logs that Kubernetes alone has."""
        without = [one for one in tasks if _is_silent(one, logs)]
        found = running_logs(self._connection.namespace, run.run_id) if without else {}
        return {one.node: TaskLog(text) for one in without if (text := of_node(found, one.pod))}

    def _troubles(self, run: runs.Run, tasks: list[Task]) -> dict[str, str] | None:
        if all(task.state not in (*_AT_WORK, *_BROKEN) for task in tasks):
            return {}
        return pod_troubles(self._connection.namespace, run.run_id)

    def _results(
        self, run: runs.Run, logs: Mapping[str, TaskLog]
    ) -> tuple[dict[Result, Found], str]:
        results = {
            result: Found(text, f"log of {node}")
            for node, log in logs.items()
            for result, text in read_results(log.text).items()
        }
        if not ML_METADATA.get():
            return results, ""
        try:
            found = recorded_results(run.run_id)
        except MedtfxError as error:
            return results, str(error)
        return results | {result: Found(text, _RECORDED) for result, text in found.items()}, ""

    def _states_of_nodes(
        self, tasks: list[Task], logs: Mapping[str, TaskLog]
    ) -> dict[str, dict[str, str]]:
        return {
            task.node: states_of_nodes(self._of(task), task.state, logs[task.node].text)
            for task in tasks
            if len(self._of(task)) > 1
        }

    def _never_began(self, run: runs.Run, tasks: list[Task]) -> tuple[str, ...]:
        if not runs.is_finished(run) or has_declined(run):
            return ()
        begun = {task.node for task in tasks}
        missing = {
            node for task, nodes in self._nodes.items() if task not in begun for node in nodes
        }
        return tuple(sorted(missing, key=lambda name: (place_of(name), name)))


def states_of_nodes(nodes: tuple[str, ...], state: str, log: str) -> dict[str, str]:
    """Returns the state of each node of a task.

    Args:
        nodes: of the task.
        state: of the task.
        log: of the task; '' if there is none.

    Returns:
        node → e.g. `SUCCEEDED 4.1 s`, `SUCCEEDED from the cache`, `RUNNING`; '' if not known.
    """
    found = dict.fromkeys(nodes, state if state == "SUCCEEDED" else "")
    names = "|".join(map(re.escape, nodes))
    pattern = rf"^\S+ \S+ ({names}) (starts|took ([\d.]+ s)|is taken (from the cache))"
    for node, what, seconds, cached in re.findall(pattern, log, re.MULTILINE):
        found[node] = state if what == "starts" else f"SUCCEEDED {seconds or cached}"
    return found


def short_outcome(connection: Connection, run: runs.Run) -> str:
    """Returns what a finished run came to, in a few words; '-' if that can't be read any more."""
    if not runs.is_finished(run) or run.state == runs.STOPPED:
        return "-"
    try:
        run = runs.get(connection, run.run_id)
        tasks = tasks_of(run)
        if has_declined(run):
            return OUTCOMES[ExitCode.DECLINED]
        if ML_METADATA.get():
            results = recorded_results(run.run_id)
        else:
            last = tasks[-1].pod if tasks and is_ours(run) else ""
            results = read_results(read_log(connection, run.run_id, last).text)
    except MedtfxError:
        return "-"
    if Result.OUTCOME not in results:
        return "-"
    more = results.get(Result.WORST_CLASS) or results.get(Result.BEST)
    return results[Result.OUTCOME] + (f"; {more}" if more else "")


def short_outcomes(connection: Connection, several: list[runs.Run]) -> list[str]:
    """Returns what each run came to, see `short_outcome`."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda run: short_outcome(connection, run), several))


def _reason(task: Task, log: TaskLog, troubles: Mapping[str, str]) -> str:
    if task.state in _AT_WORK:
        return of_node(troubles, task.pod or task.driver) or log.waiting
    if task.state in _BROKEN:
        reasons = (read_error(log.text), of_node(troubles, task.pod), task.error)
        return next(filter(None, reasons), "") or last_words(log.text)
    return ""


def _is_silent(task: Task, logs: Mapping[str, TaskLog]) -> bool:
    log = logs.get(task.node, TaskLog())
    return task.state in _AT_WORK and bool(task.pod) and log == TaskLog()
