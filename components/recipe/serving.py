"""The section `serving`: how the model is served, and on which machines."""

import math
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.recipe.base import Positive, Section
from components.recipe.resources import Cpu, Memory, Toleration
from components.recipe.uncertainty import Uncertainty

NotNegative = Annotated[int, Field(ge=0)]


class Batching(Section):
    """How TensorFlow Serving runs the images of several requests together.

    The keys are those of its `BatchingParameters`. The defaults suit images of about 224 pixels,
    for which a CPU needs some 10 ms each.

    Attributes:
        max_batch_size: largest number of images in one run. A single request with more images is
            refused; `serving.client` sends up to 16 in a request.
        allowed_batch_sizes: sizes that a batch is padded to, ascending; the last one is
            `max_batch_size`. None: the powers of two, and `max_batch_size`.
        batch_timeout_micros: longest time that a request waits for others, in microseconds.
        num_batch_threads: number of batches that run at the same time. None: one for each CPU.
        max_enqueued_batches: number of batches that may wait. Further requests are refused as
            UNAVAILABLE, and the client tries again.
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
        min: number of servers without load. With two, one is left when a node fails.
        max: largest number of servers under load.
        cpu_percent: use of the requested CPU, in percent, above which more servers are started.
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
    """How the model is served, and on which machines.

    Attributes:
        model_name: name under which the model is pushed and served. None: the name of the recipe.
        uncertainty: when a prediction is marked as uncertain.
        approval: `required`: a blessed and validated model is pushed only after a person has
            approved it; `none`: at once.
        batching: how requests are run together.
        replicas: how many servers Kubernetes runs.
        cpu: processors of one server, both request and limit, in the notation of Kubernetes: 2, 0.5
            or 500m.
        memory: memory of one server, such as 4Gi. Up to three versions of the model are loaded at
            the same time.
        gpu: number of GPUs of one server, of the type `platform.gpu_type`.
        node_selector: labels that a machine must have. None: those of `platform.nodes.Trainer` if
            the server has a GPU, else those of `platform.defaults`.
        tolerations: taints that the servers tolerate. None: as for `node_selector`.
        image: container image of the server, best by its digest: `NAME@sha256:DIGEST` can't be
            replaced by another. None: `tensorflow/serving` in the version of the installed
            TensorFlow, by its tag.
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
        """Returns what becomes part of the model; the rest changes without a new training."""
        return self.model_dump(mode="json", include={"uncertainty"})

    @property
    def processors(self) -> float:
        """Processors of one server, as a number."""
        return float(self.cpu.rstrip("m")) / (1000 if self.cpu.endswith("m") else 1)

    @property
    def threads(self) -> int:
        """Number of threads that keep these processors busy."""
        return math.ceil(self.processors)

    @property
    def batch_threads(self) -> int:
        """Number of batches that a server runs at the same time."""
        return self.batching.num_batch_threads or self.threads

    @field_validator("model_name")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(
                "the name becomes a folder: letters, digits, `_`, `.` and `-`, the first one a "
                f"letter or digit. Received: {name!r}"
            )
        return name
