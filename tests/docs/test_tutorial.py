"""The commands of the tutorial run, in their order, as a reader types them."""

import os
import re
import subprocess

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow, pytest.mark.timeout(1500)]

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[tuple[str, int]]:
    """Returns (command, expected exit code) of a block; a here-document belongs to its command."""
    found: list[str] = []
    inside = False
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
            inside = "<<'YAML'" in line
        elif inside:
            found[-1] += f"\n{line}"
            inside = line != "YAML"
    codes = (re.search(r"# exit code (\d+)$", command) for command in found)
    return [(c, int(code[1]) if code else 0) for c, code in zip(found, codes, strict=True)]


def test_every_command_runs(tmp_path):
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    typed = [pair for block in BLOCK.findall(text) for pair in commands(block)]
    assert len(typed) > 10
    script = ["set -m"]
    for number, (command, code) in enumerate(typed):
        script += [
            f"echo '=== {number}'",
            command,
            f'found=$?; [ $found = {code} ] || {{ echo "command {number}: $found"; exit 1; }}',
        ]
    home = tmp_path / "home"
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "MEDTFX_HOME": str(home),
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr
