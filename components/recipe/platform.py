"""The section `platform`: resources of the nodes on a Kubernetes cluster. It changes no result."""

import re
from difflib import get_close_matches
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from components.nodes import FOLD, NODES, TRIAL, TUNER, kind_of
from components.recipe.base import Section
from components.recipe.resources import NodeResources, Text

_NODES = (*NODES, TRIAL, TUNER)
_PARALLEL = {FOLD: "folds", TRIAL: "trials"}
_OBJECT = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTION = re.compile(r"--[A-Za-z](?:(?!\{\{|\$\(|\$\$)\S)*")
_SECRET_WORDS = re.compile(r"PASSW|SECRET|TOKEN|ACCESS_KEY|PATIENT_KEY|CREDENTIAL", re.IGNORECASE)


def _absolute(path: str) -> str:
    if not path.startswith("/") or path.rstrip("/") == "":
        raise ValueError("must be a path in the container: it starts with / and is not / alone")
    return path


ObjectName = Annotated[str, Field(pattern=_OBJECT)]
MountPath = Annotated[str, AfterValidator(_absolute)]


class Volume(Section):
    """A persistent volume claim of the namespace, mounted in every node.

    Attributes:
        claim: name of the claim.
        path: where it is mounted in the containers.
    """

    claim: ObjectName
    path: MountPath


class Secret(Section):
    """A secret of the namespace, available to every node.

    Attributes:
        name: name of the secret.
        env: environment variable to the key of the secret that it takes its value from.
        path: folder in the containers where each key becomes a file. None: no files.
    """

    name: ObjectName
    env: dict[str, str] = {}
    path: MountPath | None = None

    @model_validator(mode="after")
    def _is_used(self) -> "Secret":
        if not self.env and self.path is None:
            raise ValueError("give `env`, `path` or both: the secret reaches no node otherwise")
        _check_variables(self.env)
        return self


class PlatformSection(Section):
    """Resources of the nodes on a Kubernetes cluster.

    Attributes:
        image: container image of every node. `--image` of the compile command has precedence.
        gpu_image: container image of nodes with a GPU. None: `image`.
        image_pull_secrets: names of the secrets with which the images are pulled.
        gpu_type: resource name of a GPU on this cluster, as its device plugin calls it.
        defaults: resources of all nodes.
        nodes: node to the resources in which it differs: `Trainer: {gpu: 1, memory: 32Gi}`. `Trial`
            stands for each trial of a search; without, these have what the Trainer has.
        stages: whether small neighbouring nodes run together in one pod, which takes a minute less
            for each. A node with its own `gpu`, `node_selector`, `tolerations` or
            `timeout_minutes` has a pod to itself. False: so has every node.
        parallel: what is trained at the same time, each in a pod of its own: `folds`, the models of
            a cross-validation, and `trials`, those of a search. Not listed: one after another in
            one pod. The results are the same. The members of an ensemble are parts of one network,
            trained with one loss, and can't be listed.
        volumes: persistent volume claims that are mounted in every node.
        secrets: secrets for every node: passwords and keys.
        env: other environment variables of every node.
        beam_args: options of Apache Beam for the nodes that run on it, such as
            `--runner=PortableRunner`. After a change these nodes run again, since TFX's cache
            includes the options.
        gate_failure: what a run with a model that was not blessed is: successful, with a report
            that says why (`report`), or failed (`fail`). The model is not pushed in either case.
            None: `fail` for the runs of a schedule, whose list shows nothing but the status, else
            `report`.
    """

    image: str | None = None
    gpu_image: str | None = None
    image_pull_secrets: tuple[ObjectName, ...] = ()
    gpu_type: Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[A-Za-z0-9._-]+$")] = "nvidia.com/gpu"
    defaults: NodeResources = NodeResources()
    nodes: dict[str, NodeResources] = {}
    stages: bool = True
    parallel: tuple[Literal["folds", "trials"], ...] = ()
    volumes: tuple[Volume, ...] = ()
    secrets: tuple[Secret, ...] = ()
    env: dict[str, Text] = {}
    beam_args: tuple[str, ...] = ()
    gate_failure: Literal["report", "fail"] | None = None

    def resources(self, *nodes: str) -> NodeResources:
        """Returns the resources of a node, or of several in one pod.

        Where a node gives nothing, `defaults` do. In one pod, the largest values apply.
        """
        return reduce(NodeResources.largest, map(self._resources, nodes))

    def _resources(self, node: str) -> NodeResources:
        merged: dict[str, Any] = {"retries": 1, "retry_wait_seconds": 60}
        merged |= dict.fromkeys(NodeResources.model_fields.keys() - merged.keys())
        for given in (self.defaults, self._of(node)):
            merged |= {key: value for key, value in given if value is not None}
        return NodeResources.model_construct(**merged)

    def pod_of(self, node: str) -> str:
        """Returns a key: neighbours of a stage with the same one run in one pod."""
        if not self.stages or _PARALLEL.get(kind_of(node)) in self.parallel:
            return node
        return kind_of(node) if self._of(node).needs_own_pod else ""

    def _of(self, node: str) -> NodeResources:
        given = self.nodes.get(kind_of(node))
        if given is None and kind_of(node) == TRIAL:  # which is a training, too
            given = self.nodes.get("Trainer")
        return given or NodeResources()

    @field_validator("parallel", mode="before")
    @classmethod
    def _no_members(cls, parallel: object) -> object:
        if isinstance(parallel, (list, tuple)) and "members" in parallel:
            raise ValueError(
                "the members of an ensemble can't be trained in pods of their own: they are parts "
                "of one network, trained together with one loss, as one Trainer. To use several "
                "GPUs, give them to it: `nodes: {Trainer: {gpu: 2}}`. Allowed: folds, trials"
            )
        return parallel

    @field_validator("nodes")
    @classmethod
    def _known(cls, nodes: dict[str, NodeResources]) -> dict[str, NodeResources]:
        for name in nodes:
            if name not in _NODES:
                near = get_close_matches(name.lower(), [node.lower() for node in _NODES], n=1)
                hint = next((f" Did you mean {n!r}?" for n in _NODES if [n.lower()] == near), "")
                raise ValueError(f"there is no node {name!r}.{hint} Nodes: {', '.join(_NODES)}")
        return nodes

    @field_validator("env")
    @classmethod
    def _not_secret(cls, env: dict[str, str]) -> dict[str, str]:
        _check_variables(env)
        for name, value in env.items():
            if _SECRET_WORDS.search(name) or re.search(r"://[^/@\s]+:[^/@\s]+@", value):
                raise ValueError(
                    f"{name} looks like a secret, and everybody who sees the pipeline "
                    "can read env: put it into a Kubernetes secret and name that secret under "
                    f"platform.secrets, as {{name: my-secret, env: {{{name}: key}}}}"
                )
        return env

    @field_validator("beam_args")
    @classmethod
    def _options(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        for option in options:
            if not _OPTION.fullmatch(option):
                raise ValueError(
                    f"{option!r} is not a single option of Beam: write --runner=PortableRunner, "
                    "without {{, $( and $$, which Kubernetes would replace"
                )
            if _SECRET_WORDS.search(option):
                raise ValueError(
                    f"{option.partition('=')[0]} looks like a secret, and everybody who sees the "
                    "pipeline can read beam_args"
                )
        return options

    @model_validator(mode="after")
    def _consistent(self) -> "PlatformSection":
        if self.defaults.gpu:
            raise ValueError(
                "most nodes do not use a GPU: give it to those that do, for example "
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
            raise ValueError(f"{name!r} is not a name of an environment variable")
