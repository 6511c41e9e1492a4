"""Does the DICOM node answer every study once while everything around it is killed, and how fast?

    .venv/bin/python benchmarks/dicom_node.py [--studies 200] [--images 5] [--side 1024] [--kills 3]

Needs Debian's orthanc and orthanc-dicomweb. Radiographs of 12 bits lie in an Orthanc, which sends
them to the node, study by study; the node asks a model server with a tiny network, so that its own
work is what takes time, and sends a report of each study back.

1. The plain client predicts all images from files: images a second.
2. The node does the same undisturbed, from the first C-STORE until the last prediction is kept and
   the studies are quiet, less the seconds of quiet.
3. The same number of other studies, while the model server, Orthanc and the node are each killed so
   often, by SIGKILL: how many studies have no report or more than one, and how many images are in
   no report or in more than one.

Memory is the resident one of the node's process: the median of the first and of the last third of
its samples in part 2.
"""

import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from reporting import options, tell

from serving.client import Client
from tests.serving.dicom.radiographs import radiograph, uid, write_radiograph
from tests.serving.dicom.trial import Trial, trial
from tests.serving.tiny_model import save_tiny_model

QUIET = 10
TARGETS = {
    "studies without exactly one report": ("at most", 0.0),
    "images without exactly one report": ("at most", 0.0),
    "memory, last third over first": ("at most", 1.2),
}


def main() -> None:
    """Runs the three parts."""
    chosen = options(__doc__ or "", studies=200, images=5, side=1024, kills=3)
    with tempfile.TemporaryDirectory(prefix="medtfx-node-") as name:
        folder = Path(name)
        base = folder / "models"
        child = multiprocessing.get_context("spawn").Process(
            target=save_tiny_model, args=[base / "tiny" / "1"]
        )
        child.start()
        child.join()
        with trial(folder, base, QUIET) as running:
            rows = [measured(running, folder, chosen)]
    figures = rows[0]
    tell(chosen, figures, TARGETS, rows)


def measured(running: Trial, folder: Path, chosen: Any) -> dict[str, float]:
    """Returns the figures of the three parts."""
    calm, killed = [
        {
            name: [
                write_radiograph(folder / kind, name, number, side=chosen.side)
                for number in range(1, chosen.images + 1)
            ]
            for name in (f"{kind}{number}" for number in range(chosen.studies))
        }
        for kind in ("c", "k")
    ]
    files = [file for study in calm.values() for file in study]
    plain = seconds_of(lambda: ask(running, files))
    ids = {name: running.pacs.upload(study) for name, study in (calm | killed).items()}
    samples: list[float] = []
    with watched(running, samples):
        through = seconds_of(lambda: send_all(running, [ids[name] for name in calm])) - QUIET
    third = len(samples) // 3
    sender = threading.Thread(target=send_all, args=[running, [ids[name] for name in killed]])
    sender.start()
    kills = kill(running, sender, chosen.kills)
    sender.join()
    running.wait()
    studies, images = running.answers()
    names = [*calm, *killed]
    every = [
        str(radiograph(name, number).SOPInstanceUID)
        for name in names
        for number in range(1, chosen.images + 1)
    ]
    return {
        "images a second of the plain client": len(files) / plain,
        "images a second through the node": len(files) / through,
        "node over plain client": plain / through,
        "node's memory in MB": median(samples[-third:]),
        "memory, last third over first": median(samples[-third:]) / median(samples[:third]),
        "kills": float(kills),
        "studies without exactly one report": float(sum(studies[uid(n)] != 1 for n in names)),
        "images without exactly one report": float(sum(images[one] != 1 for one in every)),
        "dead letters": running.metric("medtfx_dicom_dead_letters"),
    }


def ask(running: Trial, files: list[Path]) -> None:
    """Gets all predictions with the client."""
    with Client(running.address, "tiny") as client:
        assert all(one.ok for one in client.predict_each(files))


def send_all(running: Trial, studies: list[list[str]]) -> None:
    """Lets the PACS send studies, and waits until all are answered."""
    for ids in studies:
        running.send(ids)
    running.wait()


def kill(running: Trial, sender: threading.Thread, times: int) -> int:
    """Kills each process so often while images are sent; returns how many were killed."""
    victims: list[Any] = [running.server, running.pacs, running.node] * times
    random.Random(1).shuffle(victims)
    for number, victim in enumerate(victims):
        time.sleep(2)
        if not sender.is_alive():
            return number
        victim.kill()
        time.sleep(1)
        victim.start()
        if victim is not running.pacs:
            victim.wait()
    return len(victims)


class watched:  # noqa: N801 -- used as a statement
    """Samples the resident memory of the node, in MB, within the block."""

    def __init__(self, running: Trial, samples: list[float]) -> None:
        assert running.node.process is not None
        self._process, self._samples = psutil.Process(running.node.process.pid), samples
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self._samples.append(self._process.memory_info().rss / 1e6)


def seconds_of(work: Callable[[], None]) -> float:
    """Returns how long something takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
