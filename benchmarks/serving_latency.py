"""What does the embedded server cost over the model itself, and what does batching bring?

    .venv/bin/python benchmarks/serving_latency.py [--model DIR] [--json FILE] [--seconds 3]

A MobileNetV2 0.35 at 224 pixels with random weights, exported as the trainer exports it, is asked
about phantoms, one image a request, by 1, 8 and 32 clients: directly, by TensorFlow's `session.run`
in this process, and over gRPC from a server in a process of its own, with batching and without.
The three take turns: request by request with one client, else round by round. Ratios are taken
within a round, so a machine busy with other things slows both sides alike; processor time, of the
process that holds the model, is hardly touched by that.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import numpy as np
from rich.console import Console
from rich.table import Table

from components.imaging.images import UnreadableImage, read_image
from components.saved_model.manifest import write_manifest
from serving.protocol.stubs import PredictionServiceStub
from serving.protocol.tensorflow_free import predict_pb2
from serving.protocol.tensors import strings, to_array

Ask = Callable[[bytes], Any]
CLIENTS = (1, 8, 32)
NETWORK = ["data.image_size=224", "model.backbone=mobilenet_v2", "model.alpha=0.35"]
DIRECT, BATCHED, UNBATCHED = "session.run", "batched", "unbatched"
TARGETS = {"p50_over_direct_at_1": ("at most", 1.2), "rate_over_unbatched_at_32": ("at least", 1.3)}


@dataclass(frozen=True)
class Measured:
    """One alternative, for some seconds.

    Attributes:
        p50: median latency in ms.
        p99: latency in ms that 1 of 100 exceeds.
        rate: images a second.
        cpu: ms of processor time an image, of the process that holds the model.
    """

    way: str
    clients: int
    round: int
    p50: float
    p99: float
    rate: float
    cpu: float


@dataclass(frozen=True)
class Way:
    """A way to ask the model: the process that holds it, and one function for each client."""

    pid: int
    asks: list[Ask]

    def cpu_seconds(self) -> float:
        """Returns the processor's time of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# === What is asked ===


def export_model(folder: Path) -> None:
    """Exports a small network, untrained."""
    import tensorflow as tf

    from components.imaging.preprocessing import prepare
    from components.network.network import build_network
    from components.trainer.export import Exporter
    from components.trainer.uncertainty import MeasuredUncertainty
    from components.uncertainty.summary import UncertaintySummary
    from pipeline.recipes.loader import load_recipe

    recipe = load_recipe("covid-mobilenet", [*NETWORK, "model.weights=none"])
    data = recipe.data

    class Preprocessing(tf.Module):
        """The graph that Transform makes of the recipe, without its examples."""

        def __call__(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            encoded = tf.reshape(features["image"], [-1])
            return {"image": prepare(encoded, data.image_size, data.channels, data.resize)}

    network = build_network(recipe.model, data)
    Exporter(network, Preprocessing(), data, MeasuredUncertainty(UncertaintySummary())).save(
        str(folder), {}
    )


def draw_images(folder: Path) -> list[bytes]:
    """Draws phantoms of some 299 pixels; returns their canonical bytes, as a client sends them."""
    from pipeline.sample_data.dataset import write_sample_data

    write_sample_data(folder, patients_per_class=4, size=299)
    found = []
    for file in sorted(folder.glob("*/*")):
        with suppress(UnreadableImage):  # some are broken on purpose
            found.append(read_image(file.read_bytes()).encoded)
    return found


# === Who is asked ===


@contextmanager
def direct(folder: Path) -> Iterator[Way]:
    """The model in a session of this process, as the server loads it."""
    import tensorflow as tf

    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
    signature = loaded.signature_def["serving_default"]
    (fed,) = signature.inputs.values()
    fetches = {name: info.name for name, info in signature.outputs.items()}

    def ask(image: bytes) -> Any:
        return session.run(fetches, {fed.name: np.array([image], object)})

    yield Way(os.getpid(), [ask] * max(CLIENTS))
    session.close()


@contextmanager
def served(base: Path, max_batch: int) -> Iterator[Way]:
    """A server of its own; each client has a connection of its own."""
    processes = multiprocessing.get_context("spawn")
    ready, tell = processes.Pipe(duplex=False)
    process = processes.Process(target=serve, args=(base, max_batch, tell), daemon=True)
    process.start()
    with ExitStack() as channels:
        channels.callback(process.join)
        channels.callback(process.terminate)
        address = ready.recv()

        def connect() -> Ask:
            options = [("grpc.use_local_subchannel_pool", 1)]
            channel = channels.enter_context(grpc.insecure_channel(address, options))
            predict = PredictionServiceStub(channel).Predict

            def ask(image: bytes) -> Any:
                request = predict_pb2.PredictRequest()
                request.model_spec.name = "model"
                request.inputs["image_bytes"].CopyFrom(strings([image]))
                return to_array(predict(request, timeout=60).outputs["probabilities"])

            return ask

        yield Way(process.pid, [connect() for _ in range(max(CLIENTS))])


def serve(base: Path, max_batch: int, tell: Any) -> None:
    """Runs in the server's process."""
    from serving.embedded import server

    settings = server.Settings(grpc_port=0, rest_port=None, max_batch=max_batch)
    server.serve(base, settings, when_ready=lambda ready: tell.send(ready.address))


# === Measuring ===


def measure_together(way: Way, clients: int, images: list[bytes], seconds: float) -> list[float]:
    """Each client asks again and again; returns the latencies of all in ms."""
    begin = threading.Barrier(clients)

    def client(number: int) -> list[float]:
        mine, found = cycle(images[number % len(images) :] + images), []
        begin.wait()
        stop = time.perf_counter() + seconds
        while time.perf_counter() < stop:
            found.append(timed(way.asks[number], next(mine)))
        return found

    with ThreadPoolExecutor(clients) as pool:
        return [one for found in pool.map(client, range(clients)) for one in found]


def timed(ask: Ask, image: bytes) -> float:
    """Returns the latency of one request in ms."""
    start = time.perf_counter()
    ask(image)
    return (time.perf_counter() - start) * 1000


def alone(ways: dict[str, Way], images: list[bytes], seconds: float, number: int) -> list[Measured]:
    """One client asks each in turn, the same image."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    before = {name: way.cpu_seconds() for name, way in ways.items()}
    stop, shown = time.perf_counter() + seconds * len(ways), cycle(images)
    while time.perf_counter() < stop:
        image = next(shown)
        for name, way in ways.items():
            found[name].append(timed(way.asks[0], image))
    return [
        measured(name, 1, number, latencies, sum(latencies) / 1000,
                 ways[name].cpu_seconds() - before[name])
        for name, latencies in found.items()
    ]  # fmt: skip


def together(
    ways: dict[str, Way], clients: int, images: list[bytes], seconds: float, number: int
) -> list[Measured]:
    """Several clients at once, on one alternative after the other."""
    found = []
    # Every other round backwards, so that no alternative always follows the same one.
    for name in list(ways)[:: 1 if number % 2 == 0 else -1]:
        way = ways[name]
        before, start = way.cpu_seconds(), time.perf_counter()
        latencies = measure_together(way, clients, images, seconds)
        wall, cpu = time.perf_counter() - start, way.cpu_seconds() - before
        found.append(measured(name, clients, number, latencies, wall, cpu))
    return found


def measured(
    way: str, clients: int, number: int, latencies: list[float], wall: float, cpu: float
) -> Measured:
    p50, p99 = np.percentile(latencies, [50, 99]).tolist()
    count = len(latencies)
    return Measured(way, clients, number, p50, p99, count / wall, 1000 * cpu / count)


# === Telling ===


def ratios(found: list[Measured], clients: int, field: str, way: str, base: str) -> list[float]:
    """Returns `way` over `base`, of each round."""
    values = {(one.way, one.round): getattr(one, field) for one in found if one.clients == clients}
    return [values[way, one.round] / values[base, one.round] for one in found
            if one.way == base and one.clients == clients]  # fmt: skip


def summarise(found: list[Measured]) -> dict[str, float]:
    """Returns the figures that have a target: medians over the rounds."""
    return {
        "p50_over_direct_at_1": median(ratios(found, 1, "p50", BATCHED, DIRECT)),
        "rate_over_unbatched_at_32": median(ratios(found, 32, "rate", BATCHED, UNBATCHED)),
    }


def table(found: list[Measured]) -> Table:
    """Medians over the rounds; ratios with their range."""
    made = Table("clients", "asked", "p50 ms", "p99 ms", "images/s", "CPU ms/image",
                 "p50 / session.run", "images/s / unbatched")  # fmt: skip
    for clients in CLIENTS:
        for way in (DIRECT, BATCHED, UNBATCHED):
            rows = [one for one in found if (one.clients, one.way) == (clients, way)]
            plain = [f"{median(getattr(one, field) for one in rows):.1f}"
                     for field in ("p50", "p99", "rate", "cpu")]  # fmt: skip
            compared = [with_range(ratios(found, clients, "p50", way, DIRECT)),
                        with_range(ratios(found, clients, "rate", way, UNBATCHED))]  # fmt: skip
            made.add_row(str(clients), way, *plain, *compared, end_section=way == UNBATCHED)
    return made


def with_range(values: list[float]) -> str:
    """Returns the median, and the least and the greatest."""
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, help="a pushed version, in place of the MobileNetV2")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as opened:
        models = Path(temporary, "models")
        if chosen.model:
            shutil.copytree(chosen.model, models / "model" / "1")
        else:
            export_model(models / "model" / "1")
            write_manifest(models / "model" / "1")
        images = draw_images(Path(temporary, "images"))
        ways = {
            DIRECT: opened.enter_context(direct(models / "model" / "1")),
            BATCHED: opened.enter_context(served(models, 32)),
            UNBATCHED: opened.enter_context(served(models, 0)),
        }
        for way in ways.values():  # connections, and TensorFlow's first runs
            measure_together(way, max(CLIENTS), images, 1.0)
        found = []
        for number in range(chosen.rounds):
            found += alone(ways, images, chosen.seconds, number)
            for clients in CLIENTS[1:]:
                found += together(ways, clients, images, chosen.seconds, number)
    figures = summarise(found)
    Console(width=120).print(table(found))
    for name, (word, target) in TARGETS.items():
        print(f"{name}: {figures[name]:.2f} (target: {word} {target})")
    if chosen.json:
        rows = [asdict(one) for one in found]
        chosen.json.write_text(json.dumps({"figures": figures, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
