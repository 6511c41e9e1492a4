"""The section `platform`: what the nodes get from a Kubernetes cluster. It changes no result."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from components.nodes import NODES
from components.recipe.base import Positive, Section

_CPU = re.compile(r"(\d+\.)?\d+m?")
_BYTES = re.compile(r"\d+([KMGT]i|[MGT])?")
_OBJECT = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTION = re.compile(r"--[A-Za-z](?:(?!\{\{|\$\(|\$\$)\S)*")
_SECRET_WORDS = re.compile(r"PASSW|SECRET|TOKEN|ACCESS_KEY|PATIENT_KEY|CREDENTIAL", re.IGNORECASE)


def _as_text(value: Any) -> Any:
    """YAML reads `cpu: 8` as a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def _cpu(text: str) -> str:
    if not _CPU.fullmatch(text) or not float(text.rstrip("m")):
        raise ValueError("is no quantity of processors: write 8, 0.5 or 500m")
    return text


def _bytes(text: str) -> str:
    if not _BYTES.fullmatch(text) or not int(re.sub(r"\D", "", text)):
        raise ValueError("is no quantity of memory: write 32Gi, 512Mi or 32G")
    return text


Cpu = Annotated[str, BeforeValidator(_as_text), AfterValidator(_cpu)]
Memory = Annotated[str, BeforeValidator(_as_text), AfterValidator(_bytes)]
ObjectName = Annotated[str, Field(pattern=_OBJECT)]


def _absolute(path: str) -> str:
    if not path.startswith("/") or path.rstrip("/") == "":
        raise ValueError("is a path in the container: it starts with / and is not / alone")
    return path


MountPath = Annotated[str, AfterValidator(_absolute)]


class Toleration(Section):
    """Lets a pod onto machines that keep others away, in Kubernetes' own words."""

    key: str | None = None
    operator: Literal["Exists", "Equal"] = "Exists"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Toleration":
        if self.operator == "Equal" and (self.key is None or self.value is None):
            raise ValueError("`operator: Equal` compares `key` with `value`: give both")
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("`operator: Exists` asks for no value: write `operator: Equal`")
        return self


class Volume(Section):
    """A persistent volume claim of the namespace, mounted in every node.

    Attributes:
        claim: its name.
        path: in the containers.
    """

    claim: ObjectName
    path: MountPath


class Secret(Section):
    """A secret of the namespace, given to every node.

    Attributes:
        name: of the secret.
        env: environment variable → key of the secret.
        path: folder in the containers where each key becomes a file.
    """

    name: ObjectName
    env: dict[str, str] = {}
    path: MountPath | None = None

    @model_validator(mode="after")
    def _of_use(self) -> "Secret":
        if not self.env and self.path is None:
            raise ValueError("give `env`, `path` or both: the secret reaches no node otherwise")
        _check_variables(self.env)
        return self


class Pod(Section):
    """What a node gets. What is not said for a node is as in `defaults`.

    Attributes:
        cpu: processors, limit and request, as Kubernetes writes them: 8, 0.5 or 500m.
        memory: limit and request: 32Gi.
        gpu: how many GPUs of `gpu_type`.
        shared_memory: size of /dev/shm, taken from the memory.
        node_selector: labels that a machine must carry.
        tolerations: of taints.
        retries: how often a failed or killed node is started again, 1 by default; a training
            resumes.
        retry_wait_seconds: before the first retry, 60 by default; doubled before each further one.
        timeout_minutes: after which a node is killed.
    """

    cpu: Cpu | None = None
    memory: Memory | None = None
    gpu: Annotated[int, Field(ge=0)] | None = None
    shared_memory: Memory | None = None
    node_selector: dict[str, Annotated[str, BeforeValidator(_as_text)]] | None = None
    tolerations: tuple[Toleration, ...] | None = None
    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    retry_wait_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    timeout_minutes: Positive | None = None


class PlatformSection(Section):
    """What the nodes get from a Kubernetes cluster.

    Attributes:
        image: of every node; `--image` of the compile command goes before it.
        gpu_image: of nodes with a GPU; by default `image`.
        image_pull_secrets: with which the images are pulled.
        gpu_type: resource name of a GPU on this cluster, as its device plugin calls it.
        defaults: for all nodes.
        nodes: node → what is different for it, e.g. `Trainer: {gpu: 1, memory: 32Gi}`.
        volumes: mounted in every node.
        secrets: passwords and keys, for every node.
        env: other environment variables, for every node.
        beam_args: options for the nodes on Beam, as `--runner=PortableRunner`. Others than before
            let these nodes run again: TFX's cache counts them.
        gate_failure: a model that is not blessed is never pushed. `report`: the run says so and is
            green. `fail`: its last node, RunReport, fails and the run is red. By default `fail` for
            the runs of a schedule, whose list shows nothing but the status, else `report`.
    """

    image: str | None = None
    gpu_image: str | None = None
    image_pull_secrets: tuple[ObjectName, ...] = ()
    gpu_type: Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[A-Za-z0-9._-]+$")] = "nvidia.com/gpu"
    defaults: Pod = Pod()
    nodes: dict[str, Pod] = {}
    volumes: tuple[Volume, ...] = ()
    secrets: tuple[Secret, ...] = ()
    env: dict[str, Annotated[str, BeforeValidator(_as_text)]] = {}
    beam_args: tuple[str, ...] = ()
    gate_failure: Literal["report", "fail"] | None = None

    def pod(self, node: str) -> Pod:
        """Returns what a node gets, `defaults` included."""
        merged: dict[str, Any] = {"retries": 1, "retry_wait_seconds": 60}
        for pod in (self.defaults, self.nodes.get(node, Pod())):
            merged |= {key: value for key, value in pod if value is not None}
        return Pod.model_construct(**merged)

    @field_validator("nodes")
    @classmethod
    def _known(cls, nodes: dict[str, Pod]) -> dict[str, Pod]:
        for name in nodes:
            if name not in NODES:
                near = get_close_matches(name.lower(), [node.lower() for node in NODES], n=1)
                hint = next((f" Did you mean {n!r}?" for n in NODES if [n.lower()] == near), "")
                raise ValueError(f"there is no node {name!r}.{hint} Nodes: {', '.join(NODES)}")
        return nodes

    @field_validator("env")
    @classmethod
    def _not_secret(cls, env: dict[str, str]) -> dict[str, str]:
        _check_variables(env)
        for name, value in env.items():
            if _SECRET_WORDS.search(name) or re.search(r"://[^/@\s]+:[^/@\s]+@", value):
                raise ValueError(
                    f"{name} looks like a secret, and env can be read by whoever sees the "
                    "pipeline: put it into a Kubernetes secret and name that under "
                    f"platform.secrets, as {{name: my-secret, env: {{{name}: key}}}}"
                )
        return env

    @field_validator("beam_args")
    @classmethod
    def _options(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        for option in options:
            if not _OPTION.fullmatch(option):
                raise ValueError(
                    f"{option!r} is no option of Beam in one word: write --runner=PortableRunner, "
                    "without the signs {{, $( and $$, which Kubernetes reads"
                )
            if _SECRET_WORDS.search(option):
                raise ValueError(
                    f"{option.partition('=')[0]} looks like a secret, and beam_args can be read "
                    "by whoever sees the pipeline"
                )
        return options

    @model_validator(mode="after")
    def _consistent(self) -> "PlatformSection":
        if self.defaults.gpu:
            raise ValueError(
                "a GPU for every node would idle in most of them: name the nodes, as "
                "`nodes: {Trainer: {gpu: 1}}`"
            )
        paths = [volume.path for volume in self.volumes]
        paths += [secret.path for secret in self.secrets if secret.path]
        if twice := sorted({path for path in paths if paths.count(path) > 1}):
            raise ValueError(f"mounted twice: {twice}")
        names = [*self.env, *(name for secret in self.secrets for name in secret.env)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"set twice, by env or secrets: {twice}")
        return self


def _check_variables(names: dict[str, str]) -> None:
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an environment variable")
