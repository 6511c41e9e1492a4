"""The DICOM node beside the server: on Kubernetes, and with Docker Compose."""

import json
from dataclasses import replace

import kubernetes_validate
import pytest
import yaml

from components.recipe.dicom import DicomSection
from pipeline.recipes.loader import load_recipe
from serving.production.writing import write_serving_config
from serving.protocol.errors import ServingError
from tests.command_line import options_of
from tests.doubles.pod_security import restricted
from tests.pods import unbounded

PACS = {"ae_title": "ORTHANC", "host": "orthanc", "port": 4242}
RECIPE = {
    "extends": "quickstart", "name": "tiny", "summary": "tiny", "dicom": {"destination": PACS}
}  # fmt: skip


@pytest.fixture
def write(plan, tmp_path):
    """Writes the files of a plan with a DICOM node; returns the folder."""

    def go(storage="pvc://medtfx-models/sub", **dicom):
        section = DicomSection.model_validate({"destination": PACS} | dicom)
        made = replace(plan(storage=storage), dicom=section, recipe=yaml.safe_dump(RECIPE))
        write_serving_config(made, tmp_path / "out")
        return tmp_path / "out"

    return go


def of_kubernetes(out):
    made = yaml.safe_load_all((out / "kubernetes" / "dicom-node.yaml").read_text())
    return {one["kind"]: one for one in made}


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
def test_kubernetes_takes_it(write, version):
    made = of_kubernetes(write())
    assert set(made) == {"PersistentVolumeClaim", "Deployment", "Service", "NetworkPolicy"}
    for one in made.values():
        kubernetes_validate.validate(one, version, strict=True)


def test_one_object_fits_the_other(write):
    out = write()
    made = of_kubernetes(out)
    pod = made["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    for selector in (
        made["Deployment"]["spec"]["selector"]["matchLabels"],
        made["Service"]["spec"]["selector"],
        made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    server = yaml.safe_load((out / "kubernetes" / "network-policy.yaml").read_text())["spec"]
    (asking, _) = server["ingress"]
    assert asking["from"][0]["podSelector"]["matchLabels"].items() <= labels.items()
    ((egress, *_),) = [made["NetworkPolicy"]["spec"]["egress"]]
    assert egress["to"][0]["podSelector"] == server["podSelector"]
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    claim = made["PersistentVolumeClaim"]["metadata"]["name"]
    assert volumes["spool"]["persistentVolumeClaim"]["claimName"] == claim
    (container,) = pod["spec"]["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert made["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}


def test_pod_security_and_bounds(write):
    pod = of_kubernetes(write())["Deployment"]["spec"]["template"]["spec"]
    assert restricted(pod) == set() and unbounded(pod) == []


def test_the_node_understands_its_arguments_and_finds_its_recipe(write):
    out = write()
    (container,) = of_kubernetes(out)["Deployment"]["spec"]["template"]["spec"]["containers"]
    composed = yaml.safe_load((out / "compose.yaml").read_text())["services"]["dicom-node"]
    for command in (container["command"], composed["entrypoint"]):
        assert command[:2] == ["medtfx", "dicom-node"]
        values = options_of(*command[1:])
        assert values["caller"] == ["ORTHANC"] and values["host"] == "0.0.0.0"
        assert values["recipe"] == "/config/recipe.yaml"
    applied = yaml.safe_load((out / "kustomization.yaml").read_text())
    assert "kubernetes/dicom-node.yaml" in applied["resources"]
    assert "config/recipe.yaml" in applied["configMapGenerator"][0]["files"]
    assert load_recipe(str(out / "config" / "recipe.yaml")).dicom.destination.host == "orthanc"


def test_orthanc_knows_the_node(write):
    out = write()
    services = yaml.safe_load((out / "compose.yaml").read_text())["services"]
    mount = services["orthanc"]["volumes"][0]
    configuration = json.loads((out / mount["source"]).read_text())
    title, host, port = configuration["DicomModalities"]["medtfx"]
    values = options_of(*services["dicom-node"]["entrypoint"][1:])
    assert (title, port) == (values["ae_title"], values["port"]) and host in services
    assert configuration["DicomAet"] == PACS["ae_title"]


def test_who_may_send(write):
    assert "--caller=MODALITY" in str(of_kubernetes(write(callers=["MODALITY"]))["Deployment"])
    with pytest.raises(ServingError, match=r"Name them in dicom\.callers"):
        write(destination={"url": "https://pacs.example:8443/dicom-web"})
    by_stow = write(destination={"url": "https://pacs.example:8443/dicom-web"}, callers=["CT1"])
    egress = of_kubernetes(by_stow)["NetworkPolicy"]["spec"]["egress"]
    assert {"ports": [{"protocol": "TCP", "port": 8443}]} in egress


def test_without_a_destination_there_is_none(plan, tmp_path):
    made = replace(plan(), dicom=DicomSection(), recipe="name: tiny")
    files = write_serving_config(made, tmp_path / "out")
    assert not [file for file in files if "dicom" in str(file) or "orthanc" in str(file)]
