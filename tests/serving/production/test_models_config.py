import pytest

from serving.production.models_config import models_config
from serving.promotion.labels import labels_of, served_versions, set_labels
from serving.promotion.models_config import (
    add_model,
    empty_config,
    find_model,
    read_models_config,
    write_models_config,
)


def entry(config):
    return find_model(config, "tiny")


def test_before_the_first_push_the_newest_is_served(plan, tmp_path):
    made = entry(models_config(plan(), tmp_path / "models.config"))
    assert made.model_version_policy.latest.num_versions == 1
    assert (made.base_path, made.model_platform) == ("/models/tiny", "tensorflow")
    assert labels_of(made) == {}


def test_the_newest_version_is_stable(plan, base, push, tmp_path):
    push(base, 12)
    made = entry(models_config(plan(models=base), tmp_path / "models.config"))
    assert (labels_of(made), served_versions(made)) == ({"stable": 12}, (12,))


def test_labels_of_the_home_are_taken_over(plan, base, push, tmp_path):
    push(base, 12)
    home = empty_config()
    set_labels(add_model(home, "tiny", str(base / "tiny")), {"stable": 1, "canary": 12})
    write_models_config(home, base / "models.config")
    made = entry(models_config(plan(models=base), tmp_path / "models.config"))
    assert (labels_of(made), served_versions(made)) == ({"stable": 1, "canary": 12}, (1, 12))
    assert made.base_path == "/models/tiny"


@pytest.mark.parametrize("storage", ["pvc://claim", "gs://bucket/models"])
def test_what_was_promoted_stays(plan, base, push, tmp_path, storage):
    file = tmp_path / "models.config"
    given = empty_config()
    add_model(given, "other", "/models/other")
    set_labels(add_model(given, "tiny", "/old/tiny"), {"stable": 3, "previous": 2})
    write_models_config(given, file)
    config = models_config(plan(models=base, storage=storage), file)
    assert labels_of(entry(config)) == {"stable": 3, "previous": 2}
    assert entry(config).base_path == plan(storage=storage).storage.base_path("tiny")
    assert find_model(config, "other") == find_model(read_models_config(file), "other")
