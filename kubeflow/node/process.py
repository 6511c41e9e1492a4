"""The process of a task: the permissions of what it writes, and a log without libraries' noise."""

import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

from components.storage.private import site_umask

# Argo's executor starts containers with umask 0, and everything on the volume was 0777.
UMASK = 0o027
# Also for the processes that a node starts: Beam's workers, the embedded server.
_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # of TensorFlow 2.16; see `library_noise` for newer ones
    "GRPC_VERBOSITY": "NONE",
    "PYTHONWARNINGS": "ignore",
    # It complains where the home can't be written, as on a read-only root.
    "MPLCONFIGDIR": str(Path(tempfile.gettempdir(), "matplotlib")),
}


def prepare_process() -> None:
    """Sets the umask, silences the libraries and sends the log to standard output."""
    os.umask(site_umask(UMASK))
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(asctime)s %(message)s")
    logging.getLogger("medtfx").setLevel(logging.INFO)
    for library in ("absl", "apache_beam", "matplotlib", "tensorflow"):
        logging.getLogger(library).setLevel(logging.ERROR)
