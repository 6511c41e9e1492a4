"""A live API server takes every manifest, which schemas alone can't promise."""

from pathlib import Path

import pytest
import yaml

import kubeflow
from components.recipe.serving import ServingSection
from serving.production.plan import Plan
from serving.production.storage import Storage
from serving.production.writing import write_serving_config

FOLDER = Path(kubeflow.__file__).parent / "manifests"
OF_KUBEFLOW = sorted(path for path in FOLDER.rglob("*.yaml") if path.stem != "kustomization")


@pytest.fixture
def api_server_takes(site, tmp_path):
    site.only_on_a_cluster("API server of Kubernetes")

    def take(file):
        documents = list(yaml.safe_load_all(file.read_text()))
        for document in documents:  # beside what the cluster already has
            document["metadata"]["name"] = f"suite-{document['metadata']['name']}"
        renamed = tmp_path / "renamed.yaml"
        renamed.write_text(yaml.safe_dump_all(documents))
        site.kubectl("create", "--dry-run=server", "-f", str(renamed))

    return take


@pytest.mark.parametrize("file", OF_KUBEFLOW, ids=lambda path: str(path.relative_to(FOLDER)))
def test_it_takes_what_kubeflow_needs(api_server_takes, file):
    api_server_takes(file)


@pytest.mark.parametrize("gpu", [0, 2])
def test_it_takes_what_serves_a_model(api_server_takes, gpu, tmp_path):
    section = ServingSection(image="registry.example/tensorflow/serving:2.16.1", gpu=gpu)
    storage = Storage.parse("pvc://medtfx-models")
    write_serving_config(Plan("chest", section, storage, tmp_path), tmp_path)
    files = [path for path in (tmp_path / "kubernetes").iterdir() if "monitor" not in path.name]
    assert files
    for file in files:
        api_server_takes(file)
