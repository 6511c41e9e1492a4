"""On a task of KFP's SDK; how it reads in a package, `test_compile.py` shows."""

import pytest

from components.recipe.platform import PlatformSection
from kubeflow.package.dag import Task
from kubeflow.package.platform import apply_platform


@pytest.fixture
def task():
    from kfp import dsl

    @dsl.container_component
    def node():
        return dsl.ContainerSpec(image="a:1", command=["true"])

    made = []

    @dsl.pipeline(name="films")
    def pipeline():
        made.append(node())

    return made[0]


def test_without_settings_a_task_is_only_retried(task):
    apply_platform(task, Task("Trainer", ("Trainer",)), PlatformSection())
    assert task.platform_config == {}
    assert task._task_spec.retry_policy.max_retry_count == 1


def test_a_node_gets_its_own_settings_and_the_common_ones(task):
    platform = PlatformSection.model_validate(
        {
            "defaults": {"retries": 0},
            "nodes": {"Trainer": {"timeout_minutes": 2, "shared_memory": "1Gi"}},
            "volumes": [{"claim": "films", "path": "/films"}],
        }
    )
    apply_platform(task, Task("Trainer", ("Trainer",)), platform)
    settings = task.platform_config["kubernetes"]
    assert settings["activeDeadlineSeconds"] == "120"
    assert settings["pvcMount"] == [{"constant": "films", "mountPath": "/films"}]
    assert settings["emptyDirMounts"][0]["mountPath"] == "/dev/shm"
    assert task._task_spec.retry_policy is None
