"""In a process of its own: what it sets would stay in this one."""

import os
import stat
import subprocess
import sys

import pytest

from components.runtime.environment import UMASK
from tests.paths import ROOT

SCRIPT = """
import logging, os, sys, warnings
os.umask(0)  # as Argo's executor starts a container
from kubeflow.node.process import prepare_process
prepare_process()
warnings.warn("of TFX", DeprecationWarning)
logging.getLogger("absl").warning("of TensorFlow")
logging.getLogger("medtfx.task").info("of ours")
os.mkdir(sys.argv[1])
open(os.path.join(sys.argv[1], "file"), "w").close()
print(os.environ["TF_CPP_MIN_LOG_LEVEL"], os.environ["GRPC_VERBOSITY"])
"""


@pytest.mark.parametrize(("umask", "modes"), [("", (0o750, 0o640)), ("077", (0o700, 0o600))])
def test_files_are_not_for_everybody_and_the_log_has_our_lines_alone(tmp_path, umask, modes):
    folder = tmp_path / "artifacts"
    quiet = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY", "PYTHONWARNINGS")
    wanted = {name: value for name, value in os.environ.items() if name not in quiet}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        env={**wanted, UMASK.name: umask},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "file")]
    assert tuple(found) == modes
    first, last = done.stdout.splitlines()
    assert first.endswith(" of ours") and last == "3 NONE"
    assert done.stderr == ""
