"""What does the request log cost the server, and the monitor that reads a million lines of it?

    .venv/bin/python benchmarks/request_log.py [--rounds 5] [--seconds 4] [--predictions 1000000]

1. Two embedded servers of the same version side by side, one with `--log`, asked in turn by 32
   clients: images a second and processor time an image, with and without the log, as a ratio.
2. A log of a week, as Parquet, and as many predictions in the weeks before: time and memory of
   `medtfx monitor`, in a process of its own, against a reference of 1,000 images.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from reporting import options, tell
from serving_latency import Way, draw_images, export_model, served, together
from watched_process import MEDTFX

from components.gate.pushed_gate import PushedGate, write_gate
from components.gate.pushed_reference import TAGS, Reference, write_reference
from components.recipe.evaluation import EvaluationSection
from components.saved_model.embedding import SIZE
from components.saved_model.manifest import write_manifest
from serving.request_log.table import SCHEMA, classes_key

CLASSES = ("disease", "normal", "other")
RATE, CPU = "images/s with a log / without", "processor time with a log / without"
TARGETS = {RATE: ("at least", 0.95), CPU: ("at most", 1.05)}
_SEGMENT = 30_000  # predictions, as many as 16 MiB of lines hold


def serve_logged(base: Path, log: Path | None, notify: Any) -> None:
    """Runs in the server's process."""
    from serving.embedded import server

    settings = server.Settings(grpc_port=0, rest_port=None, request_log=log)
    server.serve(base, settings, when_ready=lambda ready: notify.send(ready.address))


def costs(network: str, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Measures the servers in turn; returns the ratios of each round."""
    rates: list[float] = []
    times: list[float] = []
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        images = draw_images(folder / "images")
        version = folder / "models" / "model" / "1"
        export_model(network, version)
        ways = [
            stack.enter_context(served(partial(serve_logged, version.parents[1]), log))
            for log in (None, folder / "log")
        ]
        for way in ways:  # connections, and TensorFlow's first runs
            together(way, images, 1.0)
        for number in range(rounds):
            order = ways if number % 2 else ways[::-1]
            found = {id(way): measured(way, images, seconds) for way in order}
            (rate, cpu), (logged_rate, logged_cpu) = (found[id(way)] for way in ways)
            rates.append(logged_rate / rate)
            times.append(logged_cpu / cpu)
    return {f"{RATE}, {network}": rates, f"{CPU}, {network}": times}


def measured(way: Way, images: list[bytes], seconds: float) -> tuple[float, float]:
    """Returns images a second, and the server's processor time an image, in seconds."""
    begun = way.cpu_seconds()
    count = len(together(way, images, seconds))
    return count / seconds, (way.cpu_seconds() - begun) / count


# === The monitor ===


def drawn(images: int, generator: np.random.Generator) -> dict[str, Any]:
    """Returns probabilities, score, quality and embeddings of so many images."""
    logits = 2.5 * np.eye(3)[generator.choice(3, images, p=(0.2, 0.5, 0.3))]
    odds = np.exp(logits + generator.normal(0, 1, (images, 3)))
    return {
        "probabilities": (odds / odds.sum(-1, keepdims=True)).astype(np.float32),
        "scores": generator.normal(-2, 1, images),
        "mean": generator.normal(120, 12, images),
        "std": generator.normal(55, 7, images),
        "embeddings": generator.normal(0, 1, (images, SIZE)).astype("<f2"),
    }


def write_version(folder: Path) -> None:
    """Writes what the monitor reads of a version."""
    images, known = 1000, drawn(1000, np.random.default_rng(0))
    folder.mkdir(parents=True)
    write_reference(
        folder,
        Reference(
            classes=CLASSES,
            folds=False,
            patients=np.arange(images) // 2,
            labels=known["probabilities"].argmax(-1),
            probabilities=known["probabilities"],
            uncertain=np.zeros(images),
            out_of_distribution=(known["scores"] > 0).astype(np.float64),
            quality={
                "mean": known["mean"],
                "std": known["std"],
                "width": np.full(images, 1000.0),
                "height": np.full(images, 1000.0),
            },
            formats=np.full(images, "DICOM"),
            scanner={name: np.full(images, "", object) for name in TAGS},
            scores=known["scores"],
            embeddings=known["embeddings"],
        ),
    )
    write_gate(folder, PushedGate(EvaluationSection.model_validate({"recall_floor": 0.2}), ()))
    write_manifest(folder)


def segments(
    predictions: int, first: datetime, days: int, generator: np.random.Generator
) -> Iterator[tuple[datetime, int, pa.Table]]:
    """Yields day, number and rows of the segments of a log."""
    for day in range(days):
        left = predictions // days
        for number in range(1, -(-left // _SEGMENT) + 1):
            count = min(_SEGMENT, left - (number - 1) * _SEGMENT)
            known = drawn(count, generator)
            begin = first + timedelta(days=day, seconds=number)
            digests = generator.bytes(32 * count)
            values = {
                "time": [begin] * count,
                "model": ["model"] * count,
                "version": [1] * count,
                "classes": [classes_key(CLASSES)] * count,
                "probabilities": list(known["probabilities"]),
                "uncertain": [False] * count,
                "out_of_distribution": known["scores"] > 0,
                "out_of_distribution_score": known["scores"],
                "embedding": [row.tobytes() for row in known["embeddings"]],
                "latency_ms": np.full(count, 12.0),
                "image": [digests[32 * n : 32 * n + 32].hex() for n in range(count)],
                "format": ["DICOM"] * count,
                "width": [1000] * count,
                "height": [1000] * count,
                "mean": known["mean"],
                "std": known["std"],
                "tags": ["{}"] * count,
            }
            schema = pa.schema([field for field in SCHEMA if field.name in values])
            columns = [pa.array(values[field.name], field.type) for field in schema]
            yield begin, number, pa.Table.from_arrays(columns, schema=schema)


def monitored(predictions: int) -> dict[str, float]:
    """Writes the log, and runs the monitor over it."""
    now = datetime.now(timezone.utc)
    with tempfile.TemporaryDirectory() as temporary:
        home, log = Path(temporary, "home"), Path(temporary, "log")
        write_version(home / "models" / "model" / "1")
        log.mkdir()
        generator = np.random.default_rng(1)
        for back in (7, 14):  # the week, and one before
            begin = now - timedelta(days=back) + timedelta(minutes=1)
            for day, number, table in segments(predictions, begin, 7, generator):
                number += 1000 * (back == 14)  # a day may be of both
                pq.write_table(table, log / f"{day:%Y-%m-%d}.{number:04d}.parquet")
        command = [sys.executable, *MEDTFX, "monitor", "model", "--json"]
        done = subprocess.run(
            [*command, "--log", log, "--home", home],
            stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.returncode
        assert json.loads(done.stdout)["predictions"] == predictions // 7 * 7
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "monitor, processor time in s": used.ru_utime + used.ru_stime,
        "monitor, memory at the peak in GB": used.ru_maxrss / 2**20,
    }


def main() -> None:
    """Prints the figures."""
    chosen = options(__doc__, rounds=5, seconds=4.0, predictions=1_000_000, network="MobileNetV2")
    figures: dict[str, Any] = {}
    if chosen.predictions:  # first: the servers are children too
        figures |= monitored(chosen.predictions)
    if chosen.rounds:
        figures |= costs(chosen.network, chosen.rounds, chosen.seconds)
    tell(chosen, figures, TARGETS, [])


if __name__ == "__main__":
    main()
