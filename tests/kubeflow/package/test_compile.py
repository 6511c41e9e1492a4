"""The packages, strictly parsed, and compared with those in `golden/`.

    MEDTFX_RENEW_GOLDEN=1 .venv/bin/python -m pytest -q tests/kubeflow/package/test_compile.py

writes `golden/` again; look at the difference before you commit it.
"""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from components.recipe.platform import PlatformSection
from kubeflow.package.compile import compile_package
from kubeflow.package.container import PARAMETERS, PackageOptions
from kubeflow.package.recipe_codec import decode_recipe
from pipeline.recipes.loader import load_recipe, recipe_names
from tests.doubles.kfp_package import parse
from tests.paths import ROOT

GOLDEN = Path(__file__).parent / "golden"
OPTIONS = PackageOptions(image="registry/medtfx:1", version="0.1.0")
# Everything that a recipe may say about the cluster.
WHOLE_PLATFORM = [
    "name=whole-platform",
    "platform.image=registry/medtfx:1",
    "platform.gpu_image=registry/medtfx:1-gpu",
    "platform.image_pull_secrets=[registry]",
    "platform.gpu_type=amd.com/gpu",
    "platform.defaults={cpu: 2, memory: 4Gi, retries: 2, retry_wait_seconds: 30}",
    "platform.nodes.Trainer={gpu: 1, cpu: 7500m, memory: 32Gi, shared_memory: 8Gi, "
    "node_selector: {pool: gpu}, timeout_minutes: 600, "
    "tolerations: [{key: amd.com/gpu, effect: NoSchedule}]}",
    "platform.nodes.Transform={retries: 0}",
    "platform.volumes=[{claim: films, path: /films}]",
    "platform.secrets=[{name: mlmd, env: {MEDTFX_MLMD: uri}}, {name: gcp, path: /secrets/gcp}]",
    "platform.env={AWS_REGION: eu-central-1, BATCH: 3}",
    "platform.beam_args=[--runner=PortableRunner, '--job_endpoint=beam:8099']",
    "platform.gate_failure=fail",
]


@pytest.fixture
def compile_to(tmp_path):
    def compile_to(name, overrides=(), options=OPTIONS):
        path = tmp_path / "package.yaml"
        compile_package(load_recipe(name, list(overrides)), options, path)
        return path

    return compile_to


def normalised(path: Path) -> list[dict]:
    """Returns a package without what differs between two versions of KFP's SDK, and the recipe."""
    documents = list(yaml.safe_load_all(path.read_text()))
    spec = documents[0]
    spec["sdkVersion"] = "kfp"
    for component in (spec["root"], *spec["components"].values()):
        if "dag" in component:  # whether metrics are outputs of a DAG too
            component.pop("outputDefinitions", None)
            component["dag"].pop("outputs", None)
    for executor in spec["deploymentSpec"]["executors"].values():
        arguments = executor["container"]["args"]
        arguments[arguments.index("--recipe") + 1] = "RECIPE"
        resources = executor["container"].get("resources", {})
        for part in (resources, resources.get("accelerator", {})):
            for key in [key for key in part if key.startswith("resource")]:
                del part[key]  # the same once more, as a text
    return documents


def assert_golden(path: Path, name: str) -> None:
    golden = GOLDEN / f"{name}.yaml"
    if os.environ.get("MEDTFX_RENEW_GOLDEN"):
        golden.write_text(yaml.safe_dump_all(normalised(path), sort_keys=True, width=100))
    assert normalised(path) == list(yaml.safe_load_all(golden.read_text()))


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_a_package_that_kfp_reads(tmp_path, name):
    recipe, path = load_recipe(name), tmp_path / "package.yaml"
    followers = compile_package(recipe, OPTIONS, path)
    package = parse(path)
    assert package.spec.pipeline_info.name == name
    assert set(package.spec.root.input_definitions.parameters) == set(PARAMETERS)
    names = {task.task_info.name: key for key, task in package.tasks.items()}
    assert set(names) == {"Retraining", *(follower.name for follower in followers)}
    # Nothing but the decision is outside of what it may skip.
    assert len(package.spec.root.dag.tasks) == 2 and "retraining" in package.spec.root.dag.tasks
    for follower in followers:
        task = package.tasks[names[follower.name]]
        assert set(task.dependent_tasks) == {names[above] for above in follower.upstream}
        assert not task.caching_options.enable_cache
        arguments = package.container(names[follower.name])["args"]
        nodes = [word for before, word in pairwise(arguments) if before == "--node"]
        assert tuple(nodes) == follower.nodes
        packed = arguments[arguments.index("--recipe") + 1]
        assert decode_recipe(packed, []) == recipe.model_copy(
            update={"platform": PlatformSection()}
        )
    assert path.stat().st_size < 100_000
    if name == "quickstart":  # but for the name and the recipe, the others are the same
        assert_golden(path, name)


def test_everything_that_a_recipe_says_about_the_cluster(compile_to):
    path = compile_to("quickstart", WHOLE_PLATFORM, PackageOptions(version="0.1.0"))
    package = parse(path)
    trainer, pusher = package.container("trainer"), package.container("pusher")
    assert (trainer["image"], pusher["image"]) == ("registry/medtfx:1-gpu", "registry/medtfx:1")
    assert trainer["resources"]["cpuLimit"] == 7.5
    assert trainer["resources"]["accelerator"]["type"] == "amd.com/gpu"
    assert "accelerator" not in pusher["resources"]
    assert {"name": "BATCH", "value": "3"} in pusher["env"]
    assert package.platform("trainer")["activeDeadlineSeconds"] == "36000"
    assert "nodeSelector" not in package.platform("pusher")
    assert package.platform("pusher")["pvcMount"] == [{"constant": "films", "mountPath": "/films"}]
    assert package.tasks["trainer"].retry_policy.max_retry_count == 2
    assert package.tasks["transform"].retry_policy.max_retry_count == 0
    # What KFP does not start again, the task does: with the same number and wait.
    arguments = package.container("trainer")["args"]
    assert arguments[arguments.index("--retries") :][:4] == ["--retries", "2", "--retry-wait", "30"]
    parameters = package.spec.root.input_definitions.parameters
    assert parameters["gate_failure"].default_value.string_value == "fail"
    assert "--beam-arg=--runner=PortableRunner" in pusher["args"]
    # What decides whether to train reads the same volumes, under the same key, without a GPU.
    decides = package.container("retraining")
    assert (decides["image"], decides["env"]) == ("registry/medtfx:1", pusher["env"])
    assert package.platform("retraining") == package.platform("pusher")
    assert_golden(path, "whole-platform")


def test_no_secret_is_in_a_package_only_its_name(compile_to):
    text = compile_to("quickstart", WHOLE_PLATFORM, PackageOptions(version="0.1.0")).read_text()
    assert "secretName: mlmd" in text and "secretKey: uri" in text
    assert "MEDTFX_MLMD=" not in text and "name: MEDTFX_MLMD" not in text


@pytest.mark.parametrize(
    ("options", "cpu", "gpu"),
    [
        (PackageOptions(), "registry/medtfx:1", "registry/medtfx:1-gpu"),
        (PackageOptions(image="mine:2"), "mine:2", "registry/medtfx:1-gpu"),
        (PackageOptions(image="mine:2", gpu_image="mine:2-gpu"), "mine:2", "mine:2-gpu"),
    ],
)
def test_images_of_the_command_line_go_before_those_of_the_recipe(compile_to, options, cpu, gpu):
    package = parse(compile_to("quickstart", WHOLE_PLATFORM, options))
    assert package.container("pusher")["image"] == cpu
    assert package.container("trainer")["image"] == gpu


def test_a_package_is_compiled_without_tensorflow(tmp_path):
    script = (
        "import sys; sys.modules.update(dict.fromkeys(('tensorflow', 'tfx', 'keras')));"
        "from pipeline.cli.main import main; main()"
    )
    line = ["kubeflow", "compile", "quickstart", "--image", "x", "-o", str(tmp_path / "p.yaml")]
    subprocess.run([sys.executable, "-c", script, *line], check=True, cwd=ROOT)
    assert parse(tmp_path / "p.yaml").tasks


def test_a_parameter_without_default_must_be_given_with_each_run(compile_to):
    options = PackageOptions(image="x", defaults={"root": "/volume"})
    parameters = parse(compile_to("quickstart", (), options)).spec.root.input_definitions.parameters
    assert parameters["root"].default_value.string_value == "/volume"
    assert not parameters["data"].is_optional and not parameters["data"].HasField("default_value")
    assert parameters["models"].is_optional and parameters["overrides"].is_optional
