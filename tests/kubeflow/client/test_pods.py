import pytest

from kubeflow.client.pods import (
    describe_command,
    log_command,
    of_node,
    pod_troubles,
    running_logs,
    trouble_of_pod,
)
from tests.doubles.kubernetes_api import LOG, TOKEN, kubernetes_api

RUN = "1fed2a25-82c7-4949-9215-6e02286a8693"
NO_GPU = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."


def waiting(reason, message=""):
    return {"containerStatuses": [{"state": {"waiting": {"reason": reason, "message": message}}}]}


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ({}, ""),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, ""),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": NO_GPU}]},
            f"no machine can take its pod: {NO_GPU}",
        ),
        (waiting("ContainerCreating"), ""),
        (
            waiting("ImagePullBackOff", "Back-off pulling image x"),
            "ImagePullBackOff: Back-off pull",
        ),
        (waiting("CreateContainerConfigError", 'secret "s3" not found'), "secret"),
        (
            {"initContainerStatuses": waiting("ErrImagePull")["containerStatuses"]},
            "ErrImagePull",
        ),
        (
            {"containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled"}}}]},
            "out of memory",
        ),
        ({"containerStatuses": [{"state": {"terminated": {"reason": "Error"}}}]}, ""),
        ({"reason": "Evicted", "message": "low on memory"}, "Evicted: low on memory"),
    ],
)
def test_why_a_pod_does_not_start(status, trouble):
    found = trouble_of_pod({"status": status})
    assert trouble in found and bool(found) == bool(trouble)


def pod(name, status, run=RUN):
    return {"metadata": {"name": name, "labels": {"pipeline/runid": run}}, "status": status}


PODS = [
    pod(
        "trainer", {"conditions": [{"type": "PodScheduled", "status": "False", "message": NO_GPU}]}
    ),
    pod("transform", {"phase": "Pending", **waiting("ContainerCreating")}),
    pod(
        "chest-impl-77",
        {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]},
    ),
    pod("of-another-run", waiting("ErrImagePull"), "another"),
]
EVENTS = [
    {"involvedObject": {"name": "transform"}, "type": "Normal", "message": "Scheduled"},
    {"involvedObject": {"name": "transform"}, "type": "Warning", "message": "first"},
    {"involvedObject": {"name": "transform"}, "type": "Warning", "message": "no\n claim"},
]


def test_kubernetes_is_asked_for_the_pods_of_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with kubernetes_api(tmp_path, {"kubeflow": PODS}, EVENTS) as config:
        monkeypatch.setenv("KUBECONFIG", str(config))
        assert pod_troubles("", RUN) == {
            "trainer": f"no machine can take its pod: {NO_GPU}",
            "transform": "no claim",
        }
        assert pod_troubles("radiology", RUN) == {}
        assert running_logs("", RUN) == {"chest-impl-77": f"{LOG}\n"}
        config.write_text(config.read_text().replace(TOKEN, "old"))
        assert pod_troubles("", RUN) is None


def test_without_a_kubeconfig_nobody_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert pod_troubles("", RUN) is None and running_logs("", RUN) == {}


def test_what_is_known_of_a_pod_is_found_by_argo_s_id():
    found = {"chest-impl-177": "another", "chest-impl-77": "it"}
    assert of_node(found, "chest-77") == of_node(found, "chest-impl-77") == "it"
    assert of_node(found, "chest-7") == ""


def test_a_kubeconfig_that_is_none_is_no_error(tmp_path, monkeypatch):
    path = tmp_path / "kubeconfig"
    path.write_text("kind: Config")
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert pod_troubles("", RUN) is None


def test_the_commands_name_run_and_namespace():
    assert f"-n kubeflow -l pipeline/runid={RUN}" in describe_command("", RUN)
    assert f"-n radiology -l pipeline/runid={RUN}" in log_command("radiology", RUN)
