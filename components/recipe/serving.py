"""The section `serving`: what is served, and with what machines."""

import math
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.recipe.base import Positive, Section
from components.recipe.platform import Cpu, Memory, Toleration
from components.recipe.uncertainty import Uncertainty

NotNegative = Annotated[int, Field(ge=0)]


class Batching(Section):
    """How TensorFlow Serving runs images of several requests together.

    The names are those of its `BatchingParameters`. The defaults suit images of about 224 pixels,
    of which a CPU answers one in some 10 ms.

    Attributes:
        max_batch_size: images in one run. A single request with more is refused, and
            `serving.client` sends up to 16 at once.
        allowed_batch_sizes: a batch is padded up to the next of these; the last one is
            `max_batch_size`. None: the powers of two, and `max_batch_size`.
        batch_timeout_micros: longest wait of a request for company, in microseconds.
        num_batch_threads: batches that run at the same time. None: one a CPU.
        max_enqueued_batches: batches that may wait; beyond, requests are refused as UNAVAILABLE,
            and a client tries again.
    """

    max_batch_size: Positive = 32
    allowed_batch_sizes: tuple[Positive, ...] | None = None
    batch_timeout_micros: NotNegative = 2000
    num_batch_threads: Positive | None = None
    max_enqueued_batches: Positive = 64

    @property
    def sizes(self) -> tuple[int, ...]:
        """The allowed batch sizes, ascending, the last one `max_batch_size`."""
        if self.allowed_batch_sizes is not None:
            return self.allowed_batch_sizes
        powers = (2**power for power in range(self.max_batch_size.bit_length()))
        return tuple(sorted({*powers, self.max_batch_size}))

    @model_validator(mode="after")
    def _sizes_end_at_the_largest(self) -> "Batching":
        sizes = self.allowed_batch_sizes
        if sizes is not None and (
            not sizes or list(sizes) != sorted(set(sizes)) or sizes[-1] != self.max_batch_size
        ):
            raise ValueError(
                "allowed_batch_sizes must ascend and end with max_batch_size "
                f"({self.max_batch_size}), or TensorFlow Serving does not start. Received: "
                f"{list(sizes)}"
            )
        return self


class Replicas(Section):
    """How many servers Kubernetes runs.

    Attributes:
        min: always; two survive the loss of a node.
        max: under load.
        cpu_percent: of the CPU requested; above it, more servers are started.
    """

    min: Positive = 2
    max: Positive = 6
    cpu_percent: Annotated[int, Field(gt=0, le=100)] = 70

    @model_validator(mode="after")
    def _min_is_not_above_max(self) -> "Replicas":
        if self.min > self.max:
            raise ValueError(f"replicas.min ({self.min}) is above replicas.max ({self.max})")
        return self


class ServingSection(Section):
    """What is served, and with what machines.

    Attributes:
        model_name: of the pushed model; by default the recipe's name.
        uncertainty: when an answer says of itself that it is not to be relied on.
        approval: `required` keeps a blessed and validated model back until somebody approves it.
        batching: of TensorFlow Serving.
        replicas: of TensorFlow Serving on Kubernetes.
        cpu: processors of one server, as Kubernetes writes them: 2, 0.5 or 500m.
        memory: of one server: 4Gi. Up to three versions are loaded at the same time.
        gpu: GPUs of one server, of `platform.gpu_type`.
        node_selector: labels that a machine must carry. By default those of `platform`: of its
            Trainer, if the server has a GPU, else of every node.
        tolerations: of taints; by default as `node_selector`.
        image: of the server; by default `tensorflow/serving` in the version of the stack.
    """

    model_name: str | None = None
    uncertainty: Uncertainty = Uncertainty()
    approval: Literal["none", "required"] = "none"
    batching: Batching = Batching()
    replicas: Replicas = Replicas()
    cpu: Cpu = "2"
    memory: Memory = "4Gi"
    gpu: NotNegative = 0
    node_selector: dict[str, str] | None = None
    tolerations: tuple[Toleration, ...] | None = None
    image: str | None = None

    def in_model(self) -> dict:
        """Returns what becomes part of the model; a change of the rest needs no new training."""
        return self.model_dump(mode="json", include={"uncertainty"})

    @property
    def batch_threads(self) -> int:
        """Batches that a server runs at the same time."""
        if self.batching.num_batch_threads is not None:
            return self.batching.num_batch_threads
        milli = self.cpu.endswith("m")
        return math.ceil(float(self.cpu.rstrip("m")) / (1000 if milli else 1))

    @field_validator("model_name")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is a folder name: letters, digits, `_`, `.` and `-`")
        return name
