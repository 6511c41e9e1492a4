"""On which day does the monitor notice that a scanner has changed, on real radiographs?

    MEDTFX_DATA=... MEDTFX_WEIGHTS=... .venv/bin/python benchmarks/monitor_radiographs.py

Half of the COVID-19 radiographs train a small model; the other half are sent to the embedded
server, so many a day, and logged. From the sixth day on their contrast is 0.75 of what it was. Each
night `medtfx monitor --since 24h` looks at the day. Beside it: the same by the simulation of
`benchmarks/monitor.py`, with a reference and days of the same size.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from monitor import YEAR, Hospital, Monitored
from PIL import Image
from watched_process import MEDTFX

from pipeline.monitor.checks.limits import alarm_rate
from serving.client import Client
from serving.embedded.server import EmbeddedServer, Settings
from serving.request_log.request_log import RequestLog

RECIPE, FALSE_ALARMS, CHANGED = "covid-radiography", 12.0, 6
_SETS = (
    "data.image_size=96", "model.members=[{backbone: mobilenet_v2, alpha: 0.35}]",
    "model.flip_tta=false", "training.epochs=15", "evaluation.recall_floor=0.3",
)  # fmt: skip


def divide(source: Path, folder: Path) -> list[Path]:
    """Copies half of the images into a folder for training; returns the others, shuffled."""
    others = []
    generator = np.random.default_rng(0)
    for name in ("COVID", "Normal", "Viral Pneumonia"):
        files = sorted((source / name).iterdir())
        generator.shuffle(files)  # type: ignore[arg-type]  # a list of paths is shuffled too
        (folder / name).mkdir(parents=True)
        for file in files[::2]:
            shutil.copy(file, folder / name)
        others += files[1::2]
    return [others[number] for number in generator.permutation(len(others))]


def with_contrast(file: Path, factor: float) -> bytes:
    """Returns the file, or a PNG of it with another contrast about the middle grey."""
    if factor == 1:
        return file.read_bytes()
    with Image.open(file) as image:
        pixels = 128 + factor * (np.asarray(image.convert("L"), np.float32) - 128)
    encoded = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(encoded, "PNG")
    return encoded.getvalue()


def medtfx(home: Path, *command: Any) -> str:
    """Runs a command; returns what it prints."""
    whole = [sys.executable, *MEDTFX, *map(str, command), "--home", str(home)]
    done = subprocess.run(whole, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 3), done.returncode
    return done.stdout


def main() -> None:
    """Prints a line for each day."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=60, help="a day")
    images = parser.parse_args().images
    with tempfile.TemporaryDirectory() as temporary:
        home, log = Path(temporary, "home"), Path(temporary, "log")
        training = Path(temporary, "training")
        live = divide(Path(os.environ["MEDTFX_DATA"], RECIPE), training)
        sets = [part for one in _SETS for part in ("--set", one)]
        medtfx(home, "run", RECIPE, "--data", training, *sets)
        days = len(live) // images
        first = datetime.now(timezone.utc) - timedelta(days=days)
        # JPEG became PNG with the scanner: not what is looked for here.
        options = ("--json", "--since", "24h", "--false-alarms", FALSE_ALARMS)
        skipped = ("--skip", "file format")
        with EmbeddedServer(home / "models", Settings(grpc_port=0, rest_port=None)) as server:
            for day in range(days):
                begin = first + timedelta(days=day)
                factor = 0.75 if day + 1 >= CHANGED else 1.0
                with Client(server.address, RECIPE, log=log) as client:
                    client._log = RequestLog(log, clock=lambda at=begin: at + timedelta(hours=9))
                    files = live[day * images : (day + 1) * images]
                    client.predict([with_contrast(file, factor) for file in files])
                until = (begin + timedelta(days=1)).isoformat()
                asked = ("monitor", RECIPE, "--log", log, "--until", until, *options, *skipped)
                found = json.loads(medtfx(home, *asked))
                print(f"day {day + 1}, contrast {factor}: {found['sentence']}", flush=True)
        reference = found["reference_images"]
    rate = alarm_rate(FALSE_ALARMS, 1.0)
    models = [Monitored(reference, images, seed, rate) for seed in range(10)]
    changed = Hospital(rescanned=1.0)
    until_alarm = [next(d for d in range(1, YEAR) if model.alarms(changed)) for model in models]
    print(f"simulated, {reference} and {images} images: after {sorted(until_alarm)} days")


if __name__ == "__main__":
    main()
