"""Applies the recipe's section `platform` to the tasks of a KFP pipeline.

Settings of Kubernetes that KFP's SDK has no method for go into the second document of the package,
as a plain dict with the names of KFP's `KubernetesExecutorConfig`: the package kfp-kubernetes,
which would write it, does not fit every stack.
"""

from typing import Any

from components.recipe.platform import PlatformSection
from components.recipe.resources import NodeResources
from kubeflow.package.dag import MONITORS, Task


def start(component: Any, of: Task, platform: PlatformSection, parameters: dict[str, Any]) -> Any:
    """Returns the `kfp.dsl.PipelineTask` of a component, with the settings of the recipe.

    Args:
        component: from `container_component`.
        of: its name and nodes.
        platform: the section.
        parameters: of the run; the component takes some of them.
    """
    from kfp import dsl

    given = {key: parameters[key] for key in component.component_spec.inputs if key != "run_id"}
    task = component(run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, **given)
    # TFX has its own cache, which knows the data; KFP's would see unchanged addresses.
    task.set_display_name(of.name).set_caching_options(False)
    apply_platform(task, of, platform)
    return task


def apply_platform(task: Any, of: Task, platform: PlatformSection) -> None:
    """Applies the settings of the nodes to their task.

    Args:
        task: a `kfp.dsl.PipelineTask`.
        of: its name and nodes.
        platform: the section.
    """
    pod = platform.resources(*(of.nodes or (of.name,)))
    if pod.cpu:
        task.set_cpu_limit(pod.cpu)
    if pod.memory:
        task.set_memory_limit(pod.memory)
    if pod.gpu:
        task.set_accelerator_type(platform.gpu_type).set_accelerator_limit(pod.gpu)
    if pod.retries and of != MONITORS:  # an alarm is no fault that goes away
        task.set_retry(
            num_retries=pod.retries,
            backoff_duration=f"{pod.retry_wait_seconds}s",
            backoff_factor=2.0,
        )
    for name, value in platform.env.items():
        task.set_env_variable(name, value)
    if kubernetes := _kubernetes(pod, platform):
        task.platform_config["kubernetes"] = kubernetes


def _kubernetes(pod: NodeResources, platform: PlatformSection) -> dict[str, Any]:
    config = {
        "nodeSelector": {"labels": pod.node_selector} if pod.node_selector else None,
        "tolerations": [t.model_dump(exclude_none=True) for t in pod.tolerations or ()],
        "pvcMount": [{"constant": v.claim, "mountPath": v.path} for v in platform.volumes],
        "secretAsEnv": [
            {
                "secretName": secret.name,
                "keyToEnv": [{"secretKey": k, "envVar": v} for v, k in secret.env.items()],
            }
            for secret in platform.secrets
            if secret.env
        ],
        "secretAsVolume": [
            {"secretName": secret.name, "mountPath": secret.path}
            for secret in platform.secrets
            if secret.path
        ],
        "imagePullSecret": [{"secretName": name} for name in platform.image_pull_secrets],
        "emptyDirMounts": [_shared_memory(pod.shared_memory)] if pod.shared_memory else [],
        # A text, as JSON has it for 64-bit numbers: KFP's compiler makes a float of a number.
        "activeDeadlineSeconds": str(pod.timeout_minutes * 60) if pod.timeout_minutes else None,
    }
    return {key: value for key, value in config.items() if value}


def _shared_memory(size: str) -> dict[str, str]:
    return {
        "volumeName": "shared-memory",
        "mountPath": "/dev/shm",
        "medium": "Memory",
        "sizeLimit": size,
    }
