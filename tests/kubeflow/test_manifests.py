"""The manifests, as far as they can be judged without a cluster."""

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

import kubeflow
from components.recipe.platform import PlatformSection
from kubeflow.image.context import dockerfile
from tests.command_line import medtfx
from tests.doubles.pod_security import restricted
from tests.pods import DIGEST, unbounded

FOLDER = Path(kubeflow.__file__).parent / "manifests"
KUSTOMIZATIONS = [FOLDER, FOLDER / "metadata"]
(USER,) = re.findall(r"^USER (\d+:0)$", dockerfile("cpu").read_text(), re.MULTILINE)
TEMPLATE = FOLDER / "secrets-template.yaml"  # applied by nobody
FILES = FOLDER / "files.yaml"  # applied by hand
EXAMPLE = FOLDER.parent / "platform-example.yaml"
# What KFP brings, and may be named though no file here makes it.
OF_KFP = {"kfp-launcher", "mlpipeline-minio-artifact"}


def documents(folder: Path) -> list[dict]:
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    texts = [(folder / name).read_text() for name in listed]
    return [document for text in texts for document in yaml.safe_load_all(text)]


ALL = [document for folder in KUSTOMIZATIONS for document in documents(folder)]
ALL.append(yaml.safe_load(FILES.read_text()))
SECRETS = {
    secret["metadata"]["name"]: set(secret["stringData"])
    for secret in yaml.safe_load_all(TEMPLATE.read_text())
}


def label(document: dict) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


def names(kind: str) -> set[str]:
    return {found["metadata"]["name"] for found in ALL if found["kind"] == kind}


def templates() -> list[tuple[str, dict]]:
    """Each pod template, by the label of what makes the pods, and the pod that nothing makes."""
    made = [(label(d), d["spec"]["template"]) for d in ALL if "template" in d.get("spec", {})]
    return made + [(label(d), d) for d in ALL if d["kind"] == "Pod"]


def values_of(tree, key: str) -> list:
    """Everything under that key, at any depth."""
    if isinstance(tree, dict):
        found = [tree[key]] if key in tree else []
        return found + [value for part in tree.values() for value in values_of(part, key)]
    return [value for part in tree for value in values_of(part, key)] if type(tree) is list else []


@pytest.mark.parametrize("document", ALL, ids=label)
def test_kubernetes_knows_every_field(document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda path: path.name)
def test_every_file_is_listed(folder):
    listed = set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
    there = {path.name for path in folder.glob("*.yaml")}
    assert listed == there - {"kustomization.yaml", TEMPLATE.name, FILES.name}


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda path: path.name)
def test_kustomize_builds_them_in_one_namespace(folder):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    assert len(built) == len(documents(folder))
    assert {document["metadata"]["namespace"] for document in built} == {"kubeflow"}


def test_selectors_find_their_pods():
    pods = [template["metadata"]["labels"] for _, template in templates()]
    for document in ALL:
        spec = document.get("spec", {})
        if "matchLabels" in (selector := spec.get("selector", {})):
            assert selector["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        elif document["kind"] == "Service":
            assert any(selector.items() <= labels.items() for labels in pods), label(document)
        if "podSelector" in spec:
            wanted = spec["podSelector"]["matchLabels"].items()
            assert any(wanted <= labels.items() for labels in pods), label(document)


def test_named_ports_are_ports_of_the_pods():
    containers = [c for _, template in templates() for c in template["spec"]["containers"]]
    ports = {port["name"] for container in containers for port in container.get("ports", ())}
    for document in ALL:
        if document["kind"] == "NetworkPolicy":
            for rule in document["spec"]["ingress"]:
                assert {port["port"] for port in rule["ports"]} <= ports


def test_names_lead_somewhere():
    assert set(values_of(ALL, "claimName")) <= names("PersistentVolumeClaim")
    for reference in values_of(ALL, "secretKeyRef"):
        assert reference["key"] in SECRETS[reference["name"]]
    for binding in (document for document in ALL if document["kind"] == "RoleBinding"):
        assert binding["roleRef"]["name"] in names("Role")
        assert {subject["name"] for subject in binding["subjects"]} <= names("ServiceAccount")
    comment = TEMPLATE.read_text()
    (host,) = re.findall(r"mysql://USER:PASSWORD@([^/]+)/metadata", comment)
    assert host in names("Service")


def test_the_job_makes_the_tables(tmp_path, monkeypatch):
    job = next(document for document in ALL if label(document) == "Job/medtfx-metadata-tables")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    program, *words = container["command"]
    monkeypatch.setenv(container["env"][0]["name"], f"sqlite:///{tmp_path}/metadata.sqlite")
    code, out, err = medtfx(*words)
    assert (program, code, err) == ("medtfx", 0, "") and "Pipeline runs: 0" in out


def test_nobody_may_do_everything():
    rules = [rule for document in ALL for rule in document.get("rules", ())]
    assert "*" not in [word for rule in rules for words in rule.values() for word in words]
    for rule in rules:
        if {"secrets", "configmaps"} & set(rule["resources"]):
            assert rule["verbs"] == ["get"] and set(rule["resourceNames"]) <= OF_KFP


@pytest.mark.parametrize(("name", "template"), templates())
def test_pods_are_bounded(name, template):
    assert unbounded(template["spec"]) == []


@pytest.mark.parametrize(("name", "template"), templates())
def test_pod_security_restricted_accepts_all_but_the_one_that_says_why(name, template):
    found = restricted(template["spec"])
    if name == "Job/medtfx-volume-owner":
        assert found == {"runAsNonRoot", "runAsUser", "capabilities"}
        # What `baseline` accepts.
        (container,) = template["spec"]["containers"]
        assert container["securityContext"]["capabilities"]["add"] == ["CHOWN"]
        assert "`restricted` does not" in (FOLDER / "volume-owner.yaml").read_text()
    else:
        assert found == set()


def test_images_are_named_by_their_digests_but_our_own():
    assert {image for image in values_of(ALL, "image") if DIGEST not in image} == {"medtfx:0.1.0"}
    kustomization = yaml.safe_load((FOLDER / "metadata" / "kustomization.yaml").read_text())
    (own,) = kustomization["images"]
    platform = yaml.safe_load(EXAMPLE.read_text())["platform"]
    assert f"{own['newName']}:{own['newTag']}" == platform["image"]
    assert own["name"] == "medtfx"


def test_the_volume_belongs_to_the_user_of_the_image():
    job = next(document for document in ALL if label(document) == "Job/medtfx-volume-owner")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"][:2] == ["chown", USER]
    tables = next(document for document in ALL if label(document) == "Job/medtfx-metadata-tables")
    pod = next(document for document in ALL if document["kind"] == "Pod")
    for spec in (pod["spec"], tables["spec"]["template"]["spec"]):
        security = spec["securityContext"]
        assert f"{security['runAsUser']}:{security['runAsGroup']}" == USER


def test_no_secret_has_a_value():
    for secret in yaml.safe_load_all(TEMPLATE.read_text()):
        assert set(secret["stringData"].values()) == {""}
    assert names("Secret") == set()


def test_the_example_names_what_the_manifests_make():
    platform = PlatformSection.model_validate(yaml.safe_load(EXAMPLE.read_text())["platform"])
    assert {volume.claim for volume in platform.volumes} <= names("PersistentVolumeClaim")
    for secret in platform.secrets:
        assert set(secret.env.values()) <= SECRETS[secret.name]
