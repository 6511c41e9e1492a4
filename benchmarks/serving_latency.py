"""What does the embedded server cost over the model itself?

    .venv/bin/python benchmarks/serving_latency.py [--model DIR] [--seconds 3] [--rounds 5]

Two untrained networks, exported as the trainer exports them, are asked about phantoms: the
quickstart's small CNN at 64 pixels, and a MobileNetV2 0.35 at 224. By TensorFlow's `session.run` in
this process, over gRPC from a server in a process of its own, and for comparison over gRPC from a
server without a model, which sends what the other one sent, at once:

- one client, one image a request, asks all in turn: latency;
- `session.run` on batches of several sizes, of which the best one is the limit, and 32 clients of
  each server: images a second;
- at 80 % of what those 32 clients reached, requests come at random: latency from when each was due.

Ratios are taken within a round, so a machine busy with other things slows both sides alike.
Processor time, of the process that answers, is hardly touched by that. On few cores gRPC and the 32
clients, which run on the same ones, take a part of the images a second. So there are two limits:
`session.run`, and `session.run` together with calls that do nothing, which no server in Python can
pass: for latency and processor time the sum of both, for images a second that of the seconds.
"""

import multiprocessing
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import numpy as np
from reporting import options, tell
from rich.console import Console
from rich.table import Table

from components.imaging.images import UnreadableImage, read_image
from components.saved_model.manifest import write_manifest
from serving.protocol.stubs import PredictionServiceStub
from serving.protocol.tensorflow_free import predict_pb2
from serving.protocol.tensors import strings

Ask = Callable[[bytes], Any]
CLIENTS, LOAD = 32, 0.8
BATCHES = (1, 2, 4, 8, 16, 32)
NETWORKS = {
    "small CNN": ("quickstart", []),
    "MobileNetV2": (
        "covid-mobilenet",
        ["data.image_size=224", "model.backbone=mobilenet_v2", "model.alpha=0.35"],
    ),
}
DIRECT, SERVED, EMPTY = "session.run", "served", "empty calls"
P50, RATE, TAIL = "p50 / session.run", "images/s / best batches", "p99 / p50 at 80 % load"
P50_CALL = f"p50 / (session.run + {EMPTY})"
RATE_CALL, CPU_CALL = (
    f"{what} / (best batches + {EMPTY})" for what in ("images/s", "server's CPU")
)
TARGETS = {P50: ("at most", 1.15), RATE: ("at least", 0.9), TAIL: ("at most", 3.0)}


@dataclass(frozen=True)
class Measured:
    """One way of asking, for some seconds.

    Attributes:
        how: what was measured.
        p50: median latency in ms.
        p99: latency in ms that 1 of 100 exceeds.
        rate: images a second.
        cpu: ms of processor time an image, of the process that holds the model.
    """

    network: str
    how: str
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


def export_model(name: str, folder: Path) -> None:
    """Exports a network of a recipe, untrained."""
    import tensorflow as tf

    from components.imaging.preprocessing import prepare
    from components.network.network import build_network
    from components.trainer.export import Exporter
    from components.trainer.uncertainty import MeasuredUncertainty
    from components.uncertainty.summary import UncertaintySummary
    from pipeline.recipes.loader import load_recipe

    base, changes = NETWORKS[name]
    recipe = load_recipe(base, [*changes, "model.weights=none"])
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
    write_manifest(folder)


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

    def ask(*images: bytes) -> Any:
        return session.run(fetches, {fed.name: np.array(images, object)})

    yield Way(os.getpid(), [ask])
    session.close()


@contextmanager
def served(serve: Callable[[Any, Any], None], what: Any) -> Iterator[Way]:
    """A server in its own process; each client has its own connection."""
    processes = multiprocessing.get_context("spawn")
    ready, tell = processes.Pipe(duplex=False)
    process = processes.Process(target=serve, args=(what, tell), daemon=True)
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
                return predict(request, timeout=60)

            return ask

        assert process.pid
        yield Way(process.pid, [connect() for _ in range(CLIENTS)])


def serve_model(base: Path, tell: Any) -> None:
    """Runs in the server's process."""
    from serving.embedded import server

    settings = server.Settings(grpc_port=0, rest_port=None)
    server.serve(base, settings, when_ready=lambda ready: tell.send(ready.address))


class Echo(grpc.GenericRpcHandler):
    """Sends the same bytes whatever it is asked: what gRPC costs in Python."""

    def __init__(self, response: bytes) -> None:
        self._response = response

    def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Returns what answers any call."""
        return grpc.unary_unary_rpc_method_handler(lambda request, call: self._response)


def serve_nothing(response: bytes, tell: Any) -> None:
    """Runs in the process of the server without a model."""
    server = grpc.server(ThreadPoolExecutor(2 * CLIENTS), handlers=[Echo(response)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    tell.send(f"127.0.0.1:{port}")
    server.wait_for_termination()


# === Measuring ===


def timed(ask: Ask, *images: bytes) -> float:
    """Returns the latency of one request in ms."""
    start = time.perf_counter()
    ask(*images)
    return (time.perf_counter() - start) * 1000


def alone(ways: dict[str, Way], images: list[bytes], seconds: float) -> dict[str, list[float]]:
    """One client asks each in turn, the same image."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    stop, shown = time.perf_counter() + seconds * len(ways), cycle(images)
    while time.perf_counter() < stop:
        image = next(shown)
        for name, way in ways.items():
            found[name].append(timed(way.asks[0], image))
    return found


def in_batches(way: Way, size: int, images: list[bytes], seconds: float) -> list[float]:
    """One caller after another batch; the latency of a batch counts for each of its images."""
    shown, found = cycle(images), []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop:
        found += [timed(way.asks[0], *islice(shown, size))] * size
    return found


def together(way: Way, images: list[bytes], seconds: float) -> list[float]:
    """All clients ask again and again."""
    begin = threading.Barrier(CLIENTS)

    def client(number: int) -> list[float]:
        mine, found = cycle(images[number % len(images) :] + images), []
        begin.wait()
        stop = time.perf_counter() + seconds
        while time.perf_counter() < stop:
            found.append(timed(way.asks[number], next(mine)))
        return found

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for found in pool.map(client, range(CLIENTS)) for one in found]


def under_load(way: Way, rate: float, images: list[bytes], seconds: float) -> list[float]:
    """Requests come at random, `rate` a second, whether or not earlier ones are answered."""
    dice, due, dues = random.Random(1), 0.0, []
    while due < seconds:
        due += dice.expovariate(rate)
        dues.append(due)
    waiting, start = iter(zip(dues, cycle(images), strict=False)), time.perf_counter()
    taking = threading.Lock()

    def client(number: int) -> list[float]:
        found: list[float] = []
        while True:
            with taking:
                following = next(waiting, None)
            if following is None:
                return found
            due, image = following
            time.sleep(max(0.0, start + due - time.perf_counter()))
            way.asks[number](image)
            found.append((time.perf_counter() - start - due) * 1000)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for found in pool.map(client, range(CLIENTS)) for one in found]


def measure(
    network: str, ways: dict[str, Way], images: list[bytes], seconds: float, number: int
) -> list[Measured]:
    """Measures everything once."""
    direct, served, empty = ways[DIRECT], ways[SERVED], ways[EMPTY]
    found = [
        measured(network, f"{name}, alone", number, latencies, sum(latencies) / 1000, None)
        for name, latencies in alone(ways, images, seconds).items()
    ]

    def note(how: str, way: Way, latencies: Callable[[], list[float]]) -> float:
        cpu, start = way.cpu_seconds(), time.perf_counter()
        got = latencies()
        wall, spent = time.perf_counter() - start, way.cpu_seconds() - cpu
        found.append(measured(network, how, number, got, wall, spent))
        return found[-1].rate

    for size in BATCHES:
        how = f"{DIRECT}, batches of {size}"
        note(how, direct, partial(in_batches, direct, size, images, seconds / 3))
    note(f"{EMPTY}, 32 clients", empty, partial(together, empty, images, seconds / 3))
    rate = note(f"{SERVED}, 32 clients", served, partial(together, served, images, seconds))
    load = partial(under_load, served, LOAD * rate, images, 2 * seconds)
    note(f"{SERVED}, 80 % load", served, load)
    return found


def measured(
    network: str, how: str, number: int, latencies: list[float], wall: float, cpu: float | None
) -> Measured:
    """Sums up; `cpu` are the seconds of all, or None where they were not measured."""
    p50, p99 = np.percentile(latencies, [50, 99]).tolist()
    count = len(latencies)
    spent = float("nan") if cpu is None else 1000 * cpu / count
    return Measured(network, how, number, p50, p99, count / wall, spent)


# === Telling ===


def figures(found: list[Measured]) -> dict[str, list[float]]:
    """Returns the figures that have a target, of each round."""
    result: dict[str, list[float]] = {}
    for network in dict.fromkeys(one.network for one in found):
        rows: dict[str, list[Measured]] = {}
        for one in found:
            if one.network == network:
                rows.setdefault(one.how, []).append(one)
        limit = max(
            (rows[f"{DIRECT}, batches of {size}"] for size in BATCHES),
            key=lambda of_size: median(one.rate for one in of_size),
        )
        alone = (rows[f"{way}, alone"] for way in (SERVED, DIRECT, EMPTY))
        many = (rows[f"{SERVED}, 32 clients"], limit, rows[f"{EMPTY}, 32 clients"])

        add = partial(_add, result, network)

        for one, model, call in zip(*alone, strict=True):
            add(P50, one.p50 / model.p50)
            add(P50_CALL, one.p50 / (model.p50 + call.p50))
        for one, model, call in zip(*many, strict=True):
            add(RATE, one.rate / model.rate)
            add(RATE_CALL, one.rate * (1 / model.rate + 1 / call.rate))
            add(CPU_CALL, one.cpu / (model.cpu + call.cpu))
        for one in rows[f"{SERVED}, 80 % load"]:
            add(TAIL, one.p99 / one.p50)
    return result


def _add(result: dict[str, list[float]], network: str, name: str, value: float) -> None:
    result.setdefault(f"{name}, {network}", []).append(value)


def table(found: list[Measured]) -> Table:
    """Medians over the rounds."""
    made = Table("network", "asked", "p50 ms", "p99 ms", "images/s", "CPU ms/image")
    for network, how in dict.fromkeys((one.network, one.how) for one in found):
        rows = [one for one in found if (one.network, one.how) == (network, how)]
        values = [median(getattr(one, field) for one in rows)
                  for field in ("p50", "p99", "rate", "cpu")]  # fmt: skip
        made.add_row(network, how, *(f"{value:.1f}" for value in values))
    return made


def main() -> None:
    chosen = options(__doc__, seconds=3.0, rounds=5, model="")
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        images = draw_images(Path(temporary, "images"))
        for network in [chosen.model] if chosen.model else NETWORKS:
            version = Path(temporary, network.replace("/", "-"), "model", "1")
            if chosen.model:
                shutil.copytree(chosen.model, version)
            else:
                export_model(network, version)
            with ExitStack() as stack:
                ways = {
                    DIRECT: stack.enter_context(direct(version)),
                    SERVED: stack.enter_context(served(serve_model, version.parents[1])),
                }
                sent = ways[SERVED].asks[0](images[0]).SerializeToString()
                ways[EMPTY] = stack.enter_context(served(serve_nothing, sent))
                measure(network, ways, images, 0.5, 0)  # connections, and TensorFlow's first runs
                for number in range(chosen.rounds):
                    found += measure(network, ways, images, chosen.seconds, number)
    Console(width=120).print(table(found))
    tell(chosen, figures(found), TARGETS, [asdict(one) for one in found])


if __name__ == "__main__":
    main()
