"""Resources of a container on Kubernetes: quantities, and the machines that it may use."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from components.recipe.base import Positive, Section

_CPU = re.compile(r"(\d+\.)?\d+m?")
_BYTES = re.compile(r"\d+([KMGT]i|[MGT])?")


def _as_text(value: Any) -> Any:
    """YAML reads `cpu: 8` as a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def _cpu(text: str) -> str:
    if not _CPU.fullmatch(text) or not float(text.rstrip("m")):
        raise ValueError("is not a quantity of processors: write 8, 0.5 or 500m")
    return text


def _bytes(text: str) -> str:
    if not _BYTES.fullmatch(text) or not int(re.sub(r"\D", "", text)):
        raise ValueError("is not a quantity of memory: write 32Gi, 512Mi or 32G")
    return text


Text = Annotated[str, BeforeValidator(_as_text)]
Cpu = Annotated[Text, AfterValidator(_cpu)]
Memory = Annotated[Text, AfterValidator(_bytes)]


def cpu_count(text: str) -> float:
    """Returns a quantity of processors in the notation of Kubernetes as a number: 0.5 for 500m."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def byte_count(text: str) -> int:
    """Returns a quantity of memory in the notation of Kubernetes in bytes: 1024 for 1Ki."""
    number, prefix, binary = re.fullmatch(r"(\d+)([KMGT]?)(i?)", text).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if binary else 1000) ** " KMGT".index(prefix or " ")


class Toleration(Section):
    """A toleration of Kubernetes: a taint of machines that a pod accepts.

    Attributes:
        key: key of the taint. None: every key.
        operator: `Exists` accepts every value of the taint, `Equal` only `value`.
        value: value of the taint, for `Equal`.
        effect: effect of the taint. None: every effect.
    """

    key: str | None = None
    operator: Literal["Exists", "Equal"] = "Exists"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Toleration":
        if self.operator == "Equal" and (self.key is None or self.value is None):
            raise ValueError("`operator: Equal` compares `key` with `value`: give both")
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("`operator: Exists` takes no value: write `operator: Equal`")
        return self


class NodeResources(Section):
    """Resources of a node of the pipeline: of the pod in which it runs.

    What is not given for a node is as in `platform.defaults`. The pod of a stage has the largest
    values that its nodes have.

    Attributes:
        cpu: processors, both request and limit, in the notation of Kubernetes: 8, 0.5 or 500m.
        memory: memory, both request and limit, such as 32Gi.
        gpu: number of GPUs, of the type `platform.gpu_type`.
        shared_memory: size of /dev/shm. It counts as memory.
        node_selector: labels that a machine must have.
        tolerations: taints that the pod tolerates.
        retries: how often a node is started again that was killed or lost a connection; 1 if
            nothing is given. A training continues after its last finished epoch.
        retry_wait_seconds: time before the first retry; 60 if nothing is given. It doubles with
            each further retry.
        timeout_minutes: time after which the pod is killed. None: never.
    """

    cpu: Cpu | None = None
    memory: Memory | None = None
    gpu: Annotated[int, Field(ge=0)] | None = None
    shared_memory: Memory | None = None
    node_selector: dict[str, Text] | None = None
    tolerations: tuple[Toleration, ...] | None = None
    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    retry_wait_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    timeout_minutes: Positive | None = None

    @property
    def needs_own_pod(self) -> bool:
        """Whether the nodes of a stage can't run together with a node that has these resources."""
        own = (self.gpu, self.node_selector, self.tolerations, self.timeout_minutes)
        return any(value is not None for value in own)

    def largest(self, other: "NodeResources") -> "NodeResources":
        """Returns for each value the larger of both; of what has no size, this one's."""
        sizes: dict[str, Callable[[Any], float]] = {
            "cpu": cpu_count,
            "memory": byte_count,
            "shared_memory": byte_count,
            "retries": int,
            "retry_wait_seconds": int,
        }
        larger = dict(self)
        for name, size in sizes.items():
            both = [value for value in (larger[name], getattr(other, name)) if value is not None]
            larger[name] = max(both, key=size, default=None)
        return NodeResources.model_construct(**larger)
