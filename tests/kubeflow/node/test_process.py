"""In a process of its own: what it sets would stay in this one."""

import os
import stat
import subprocess
import sys

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


def test_files_are_not_for_everybody_and_the_log_has_our_lines_alone(tmp_path):
    folder = tmp_path / "artifacts"
    quiet = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY", "PYTHONWARNINGS")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        env={name: value for name, value in os.environ.items() if name not in quiet},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "file").stat().st_mode) == 0o640
    first, last = done.stdout.splitlines()
    assert first.endswith(" of ours") and last == "3 NONE"
    assert done.stderr == ""
