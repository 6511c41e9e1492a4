from dataclasses import replace

from serving.production.manifests.pod import pod_spec
from serving.production.writing import write_serving_config


def test_the_models_are_verified_before_the_server_starts(plan, tmp_path):
    made = plan(model="chest")
    (first,) = pod_spec(made)["initContainers"]
    assert first["image"] == made.app_image
    assert [*first["command"], *first["args"]] == [
        "medtfx", "verify-model", "/models/chest", "--models-config=/config/models.config",
        "--public-key=/config/public-key.pem",
    ]  # fmt: skip
    write_serving_config(made, tmp_path)
    assert (tmp_path / "config/public-key.pem").read_text() == made.public_key
    assert "config/public-key.pem" in (tmp_path / "kustomization.yaml").read_text()


def test_without_a_key_digests_alone_are_verified(plan, tmp_path):
    made = replace(plan(), public_key=None)
    (first,) = pod_spec(made)["initContainers"]
    assert first["args"] == ["--models-config=/config/models.config"]
    write_serving_config(made, tmp_path)
    assert not (tmp_path / "config/public-key.pem").exists()


def test_without_an_image_or_a_folder_there_is_none(plan):
    assert "initContainers" not in pod_spec(replace(plan(), app_image=None))
    assert "initContainers" not in pod_spec(plan(storage="gs://bucket"))
