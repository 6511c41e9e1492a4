"""What Kubernetes' own schemas say, and what they can't see: that one object fits the other."""

import http.client
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from serving.production.flags import server_flags
from serving.production.manifests.pod import pod_spec
from serving.production.monitoring_config import METRICS_PATH
from serving.production.writing import write_serving_config
from tests.doubles.pod_security import restricted
from tests.pods import unbounded

KUBERNETES = ("1.27", "1.31", kubernetes_validate.latest_version())
STORAGES = ("pvc://medtfx-models/sub/folder", "gs://bucket/models")


@pytest.fixture(params=[(0, STORAGES[0]), (2, STORAGES[0]), (0, STORAGES[1])], ids=str)
def out(request, plan, tmp_path):
    """The folder, for a CPU and a GPU, a claim and a bucket."""
    gpu, storage = request.param
    made = plan(model="Tiny_model", gpu=gpu, storage=storage)
    write_serving_config(made, tmp_path / "out", with_service_monitor=True)
    return tmp_path / "out"


@pytest.fixture
def objects(out):
    files = yaml.safe_load((out / "kustomization.yaml").read_text())["resources"]
    made = [yaml.safe_load((out / file).read_text()) for file in files]
    return {one["kind"]: one for one in made}


@pytest.fixture
def pod(objects):
    return objects["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture
def container(pod):
    (only,) = pod["containers"]
    return only


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_them(objects, version):
    assert set(objects) == {
        "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy",
        "ServiceMonitor",
    }  # fmt: skip
    for kind, made in objects.items():
        if kind != "ServiceMonitor":  # of an operator: not Kubernetes' own
            kubernetes_validate.validate(made, version, strict=True)
    objects["Service"]["spec"]["port"] = 1  # no such field
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(objects["Service"], version, strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_brings_the_files_of_the_flags(out, pod):
    done = subprocess.run(
        ["kubectl", "kustomize", str(out)], capture_output=True, text=True, check=True, timeout=60
    )
    applied = {one["kind"]: one for one in yaml.safe_load_all(done.stdout)}
    assert set(applied) >= {"ConfigMap", "Deployment", "Service"}
    kubernetes_validate.validate(applied["ConfigMap"], "1.31", strict=True)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert applied["ConfigMap"]["metadata"]["name"] == volumes["config"]["configMap"]["name"]
    data = applied["ConfigMap"]["data"]
    assert data == {path.name: path.read_text() for path in (out / "config").iterdir()}


def test_every_selector_finds_the_pods(objects):
    template = objects["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    spread = template["spec"]["topologySpreadConstraints"][0]
    for selector in (
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        spread["labelSelector"]["matchLabels"],
    ):
        assert selector and selector.items() <= labels
    monitored = objects["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= objects["Service"]["metadata"]["labels"].items()


def test_every_port_leads_to_the_server(objects, container):
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in container["args"])
    open_ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert open_ports == {"grpc": int(flags["port"]), "rest": int(flags["rest_api_port"])}
    for port in objects["Service"]["spec"]["ports"]:
        assert port["port"] == open_ports[port["targetPort"]]
    for rule in objects["NetworkPolicy"]["spec"]["ingress"]:
        assert {port["port"] for port in rule["ports"]} <= set(open_ports.values())
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] in open_ports
    (endpoint,) = objects["ServiceMonitor"]["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in objects["Service"]["spec"]["ports"]}
    notes = objects["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert notes["prometheus.io/port"] == str(open_ports["rest"])


def test_every_file_of_the_flags_is_mounted(out, pod, container):
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert set(mounts) == set(volumes)
    (generated,) = yaml.safe_load((out / "kustomization.yaml").read_text())["configMapGenerator"]
    assert volumes["config"]["configMap"]["name"] == generated["name"]
    keys = {file.rpartition("/")[2] for file in generated["files"]}
    assert all((out / file).is_file() for file in generated["files"])
    files = [flag.split("=")[1] for flag in server_flags(1) if "_file=" in flag]
    files.append("/config/public-key.pem")  # of the init container
    assert {f"{mounts['config']['mountPath']}/{key}" for key in keys} == set(files)
    assert "subPath" not in mounts["config"]  # or a change would never arrive


def test_models_are_read_from_the_claim_or_the_bucket(objects, out, pod, container):
    config = (out / "config" / "models.config").read_text()
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    if "models" in volumes:
        claim = volumes["models"]["persistentVolumeClaim"]
        (mount,) = [one for one in container["volumeMounts"] if one["name"] == "models"]
        assert (claim["claimName"], mount["subPath"]) == ("medtfx-models", "sub/folder")
        assert claim["readOnly"] and mount["readOnly"]
        assert f'base_path: "{mount["mountPath"]}/Tiny_model"' in config
        assert objects["NetworkPolicy"]["spec"]["egress"] == []
    else:
        assert 'base_path: "gs://bucket/models/Tiny_model"' in config
        (egress,) = objects["NetworkPolicy"]["spec"]["egress"]
        assert {"protocol": "TCP", "port": 443} in egress["ports"]


def test_the_autoscaler_has_the_deployment_and_the_number(objects, container):
    target = objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    deployment = objects["Deployment"]
    assert target["name"] == deployment["metadata"]["name"]
    assert (target["apiVersion"], target["kind"]) == (deployment["apiVersion"], deployment["kind"])
    assert "replicas" not in deployment["spec"]  # each `apply` would set it back
    assert container["resources"]["requests"]["cpu"]  # of which it takes its per cent


def test_tensorflow_has_a_thread_for_each_processor_of_the_limit(plan):
    (made,) = pod_spec(plan(cpu="2500m"))["containers"]
    assert made["resources"]["limits"] == {"cpu": "2500m", "memory": "4Gi"}
    assert "--tensorflow_session_parallelism=3" in made["args"]


@pytest.mark.parametrize("image", ["serving@sha256:0", "serving:2@sha256:0", "serving:2"])
def test_an_image_by_a_tag_is_said_to_be_replaceable(plan, tmp_path, image):
    write_serving_config(plan(image=image), tmp_path)
    for name in ("kubernetes/deployment.yaml", "kserve/inference-service.yaml", "compose.yaml"):
        text = (tmp_path / name).read_text()
        assert image in text
        assert ("imagetools inspect serving:2" in text) == (image == "serving:2")


def test_a_gpu_is_a_limit_on_a_machine_that_has_one(objects, pod, container):
    limits, strategy = container["resources"]["limits"], objects["Deployment"]["spec"]["strategy"]
    if "nodeSelector" in pod:
        assert limits["nvidia.com/gpu"] == "2"
        assert pod["nodeSelector"] == {"pool": "gpu"}
        assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"
        # A new pod would wait for the GPU of the old one.
        assert strategy["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    else:
        assert "nvidia.com/gpu" not in limits and "tolerations" not in pod
        assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_server_may_do_little(pod, container):
    assert restricted(pod) == set() and unbounded(pod) == []
    assert container["securityContext"]["runAsUser"]
    assert container["securityContext"]["runAsGroup"] == 0  # as which nodes on Kubeflow write
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "15"]
    assert pod["terminationGracePeriodSeconds"] > 15


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
@pytest.mark.parametrize(("model", "status"), [("tiny", 200), ("other", 404)])
def test_a_running_server_answers_the_probes(plan, server, probe, model, status):
    from serving.production.manifests.pod import container

    path = container(plan(model))[probe]["httpGet"]["path"]
    assert ask(server, path) == status


def test_a_running_server_has_the_metrics(server):
    assert ask(server, METRICS_PATH) == 200


def ask(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status
