"""Parses a compiled package as strictly as KFP's API server does.

The real one needs a Kubernetes cluster. The first document is parsed into KFP's own messages, the
second one is compared with the fields of KFP's KubernetesExecutorConfig.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

# KubernetesExecutorConfig, as far as the product uses it: field → its own fields.
_KUBERNETES: dict[str, Any] = {
    "nodeSelector": {"labels": dict},
    "tolerations": [{"key": str, "operator": str, "value": str, "effect": str}],
    "pvcMount": [{"constant": str, "mountPath": str}],
    "secretAsEnv": [{"secretName": str, "keyToEnv": [{"secretKey": str, "envVar": str}]}],
    "secretAsVolume": [{"secretName": str, "mountPath": str}],
    "imagePullSecret": [{"secretName": str}],
    "emptyDirMounts": [{"volumeName": str, "mountPath": str, "medium": str, "sizeLimit": str}],
    "activeDeadlineSeconds": str,
}


@dataclass
class Package:
    """A package, strictly parsed."""

    spec: pipeline_spec_pb2.PipelineSpec
    kubernetes: dict[str, dict[str, Any]]

    @property
    def tasks(self) -> Mapping[str, Any]:
        """Task that is a container → its `PipelineTaskSpec`, in whichever DAG."""
        return dict(self._containers(self.spec.root.dag))

    def component(self, task: pipeline_spec_pb2.PipelineTaskSpec) -> Any:
        """Returns the `ComponentSpec` of a task."""
        return self.spec.components[task.component_ref.name]

    def _containers(self, dag: Any) -> Iterator[tuple[str, Any]]:
        for name, task in dag.tasks.items():
            component = self.component(task)
            if component.HasField("dag"):
                yield from self._containers(component.dag)
            else:
                yield name, task

    def container(self, task: str) -> dict[str, Any]:
        """Returns the container of a task, as the deployment document describes it."""
        label = self.component(self.tasks[task]).executor_label
        executors = json_format.MessageToDict(self.spec.deployment_spec)["executors"]
        return executors[label]["container"]

    def platform(self, task: str) -> dict[str, Any]:
        """Returns the Kubernetes settings of a task."""
        label = self.component(self.tasks[task]).executor_label
        return self.kubernetes.get(label, {})


def parse(path: Path) -> Package:
    """Parses a package.

    Raises:
        json_format.ParseError: something is no field of KFP's messages.
        AssertionError: something is not as KFP's server wants it.
    """
    first, *rest = yaml.safe_load_all(path.read_text())
    spec = json_format.ParseDict(first, pipeline_spec_pb2.PipelineSpec())
    assert spec.schema_version == "2.1.0"
    containers = json_format.ParseDict(
        first["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig()
    )
    labels = {c.executor_label for c in spec.components.values() if not c.HasField("dag")}
    assert labels == set(containers.executors)
    kubernetes: dict[str, dict[str, Any]] = {}
    if rest:
        json_format.ParseDict(rest[0], pipeline_spec_pb2.PlatformSpec())
        kubernetes = rest[0]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        assert set(kubernetes) <= set(containers.executors)
    for config in kubernetes.values():
        _check(config, _KUBERNETES)
    return Package(spec, kubernetes)


def _check(value: Any, shape: Any) -> None:
    if isinstance(shape, type):
        assert isinstance(value, shape), (value, shape)
    elif isinstance(shape, list):
        for item in value:
            _check(item, shape[0])
    else:
        assert set(value) <= set(shape), f"{set(value) - set(shape)} is no field of KFP's"
        for key, item in value.items():
            _check(item, shape[key])
