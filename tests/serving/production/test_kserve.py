import kubernetes_validate
import pytest
import yaml

from serving.production.kserve import config_map, inference_service
from serving.production.manifests.deployment import deployment
from tests.doubles.pod_security import restricted
from tests.pods import unbounded


@pytest.fixture
def service(plan):
    return inference_service(plan(model="Tiny_model", gpu=1, storage="s3://bucket/models"))


def test_kubernetes_takes_what_kserve_makes_of_it(plan, service):
    """KServe's own schema is not installed: what it hands on to Kubernetes is checked, and the
    rest by name."""
    assert (service["apiVersion"], service["kind"]) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
    )
    predictor = dict(service["spec"]["predictor"])
    model = dict(predictor.pop("model"))
    assert predictor.pop("minReplicas") <= predictor.pop("maxReplicas")
    assert model.pop("modelFormat") == {"name": "tensorflow"}
    assert model.pop("storageUri") == "s3://bucket/models/Tiny_model"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": service["metadata"],
        "spec": predictor | {"containers": [model | {"name": "kserve-container"}]},
    }
    kubernetes_validate.validate(pod, "1.31", strict=True)
    assert restricted(pod["spec"]) == set() and unbounded(pod["spec"]) == []
    # Of a pod's context, Knative takes none.
    assert "securityContext" not in predictor
    kubernetes_validate.validate(config_map(plan()), "1.31", strict=True)


def test_grpc_is_what_knative_knows_as_http2(service):
    (port,) = service["spec"]["predictor"]["model"]["ports"]
    assert port == {"name": "h2c", "containerPort": 9000, "protocol": "TCP"}


def test_the_batching_file_is_mounted(plan, service):
    predictor = service["spec"]["predictor"]
    (volume, scratch), mounts = predictor["volumes"], predictor["model"]["volumeMounts"]
    mount, _ = mounts
    assert [one["name"] for one in mounts] == [volume["name"], scratch["name"]]
    made = config_map(plan(model="Tiny_model"))
    assert volume["configMap"]["name"] == made["metadata"]["name"]
    (key,) = made["data"]
    assert f"--batching_parameters_file={mount['mountPath']}/{key}" in predictor["model"]["args"]


def test_the_deployments_selectors_do_not_find_kserves_pods(plan, service):
    wanted = deployment(plan(model="Tiny_model"))["spec"]["selector"]["matchLabels"]
    assert not wanted.items() <= service["metadata"]["labels"].items()


def test_a_gpu_is_a_limit(service):
    predictor = service["spec"]["predictor"]
    assert predictor["model"]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert predictor["nodeSelector"] == {"pool": "gpu"} and predictor["tolerations"]


def test_the_file_reads_as_lines(plan, tmp_path):
    from serving.production.writing import write_serving_config

    files = write_serving_config(plan(storage="s3://bucket/models"), tmp_path)
    # TensorFlow Serving can't read s3: only KServe, which copies, can serve from there.
    assert [str(file) for file in files] == ["kserve/inference-service.yaml"]
    text = (tmp_path / files[0]).read_text()
    assert "batching.config: |\n" in text
    first, second = yaml.safe_load_all(text)
    assert (first["kind"], second["kind"]) == ("ConfigMap", "InferenceService")
