"""The cause of a failed job, from the traceback that an engine returns as a text."""

import importlib
import re

from components.runtime.errors import MedtfxError

# The last line of a traceback: the class with its module, and the message with Beam's note.
_LAST_LINE = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*): (?P<message>.+)$")
_INDENTED = (" ", "\t")
_STEP = re.compile(r"\s*\[while running '(?P<step>[^']+)'\].*$")
_CAUSE = "Caused by: "
_OURS = ("components.", "pipeline.", "serving.", "kubeflow.")
_LONGEST = 1000  # characters


def worker_error(text: str) -> str:
    """Returns the cause in one line.

    Args:
        text: what the engine returned: a traceback, maybe several, or a sentence of its own.

    Returns:
        The sentence alone where the cause is one of our own errors; else class and message. The
        step of the pipeline follows where Beam names it. Without a traceback what the engine says.
    """
    lines = _after_traceback(text.splitlines())
    found = [match for line in lines if (match := _LAST_LINE.match(line))]
    if not found:
        return _of_the_engine(text)
    kind, message = found[-1]["kind"], found[-1]["message"]
    step = _STEP.search(message)
    sentence = _STEP.sub("", message)[:_LONGEST]
    if _is_ours(kind):
        return sentence
    where = f" (in {step['step']})" if step else ""
    return f"{kind.rpartition('.')[2]}: {sentence}{where}"


def _of_the_engine(text: str) -> str:
    """Returns the innermost cause in Java, which is where Flink's advice stands, or line one."""
    lines = [line.strip() for line in text.strip().splitlines()] or ["no reason was given"]
    causes = [line.removeprefix(_CAUSE) for line in lines if line.startswith(_CAUSE)]
    return (causes[-1] if causes else lines[0])[:_LONGEST]


def _after_traceback(lines: list[str]) -> list[str]:
    """Returns the lines that end a traceback: the first that is not indented after each."""
    ends: list[str] = []
    inside = False
    for line in lines:
        if "Traceback (most recent call last)" in line:
            inside = True
        elif inside and line and not line.startswith(_INDENTED):
            ends.append(line)
            inside = False
    return ends


def _is_ours(kind: str) -> bool:
    module, _, name = kind.rpartition(".")
    if not kind.startswith(_OURS):
        return False
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) and issubclass(found, MedtfxError)
