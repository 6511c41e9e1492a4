"""The commands of the tutorial run in their order, and print what it shows."""

import os
import re
import subprocess
from dataclasses import dataclass, field

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.timeout(1500)]

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = "..."


@dataclass
class Step:
    """A command of the tutorial.

    Attributes:
        command: as it is typed; a here-document belongs to it.
        shown: lines of its output; `...` stands for lines that are left out.
    """

    command: str
    shown: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code that the tutorial names."""
        found = re.search(r"# exit code (\d+)$", self.command)
        return int(found[1]) if found else 0


def steps(block: str) -> list[Step]:
    """Returns the commands of a block, each with the output that is shown below it."""
    found: list[Step] = []
    inside = False
    for line in block.splitlines():
        if inside:
            found[-1].command += f"\n{line}"
            inside = line != "YAML"
        elif line.startswith("$ "):
            found.append(Step(line[2:]))
            inside = "<<'YAML'" in line
        else:
            found[-1].shown.append(line)
    return found


def shape(line: str) -> str:
    """Returns a line without what differs between runs: numbers, names of files, rules, spaces."""
    line = re.sub(r"\S*/\S*", "PATH", line)
    line = re.sub(r"\d[\d.,:-]*", "0", line)
    return re.sub(r"[\s─]+", " ", line).strip()


def missing(shown: list[str], printed: str) -> list[str]:
    """Returns the lines shown that were not printed, in this order."""
    rest = iter([shape(line) for line in printed.splitlines()])
    return [line for line in shown if line.strip() != LEFT_OUT and shape(line) not in rest]


def script(typed: list[Step]) -> str:
    """Returns the commands for bash, which ends with the first one of another exit code."""
    lines = ["set -m"]
    for number, step in enumerate(typed):
        lines += [
            f"echo '=== {number}'",
            step.command,
            f'found=$?; [ $found = {step.code} ] || {{ echo "ended with $found"; exit 1; }}',
        ]
    return "\n".join(lines)


def test_every_command_prints_what_is_shown(tmp_path):
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    typed = [step for block in BLOCK.findall(text) for step in steps(block)]
    assert len(typed) > 10
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "MEDTFX_HOME": str(tmp_path / "home"),
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-c", script(typed)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (tmp_path / "printed.txt").write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Traceback" not in done.stdout
    printed = re.split(r"^=== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    not_printed = {
        step.command: missing(step.shown, output)
        for step, output in zip(typed, printed, strict=True)
    }
    assert {command: lines for command, lines in not_printed.items() if lines} == {}


def test_a_line_that_is_not_printed_is_found():
    printed = " COVID   53  0.94\n NORMAL  55  0.91\n"
    assert missing(["COVID 12 0.90", "...", "NORMAL 1 0.5"], printed) == []
    assert missing(["NORMAL 1 0.5", "COVID 12 0.90"], printed) == ["COVID 12 0.90"]
