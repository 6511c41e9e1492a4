import os
import stat
from pathlib import Path

import pytest

from serving.promotion.labels import set_labels
from serving.promotion.models_config import (
    add_model,
    empty_config,
    find_model,
    read_models_config,
    write_models_config,
)
from serving.protocol.errors import ServingError


@pytest.fixture
def config():
    made = empty_config()
    add_model(made, "tissue", "gs://bucket/tissue")
    set_labels(add_model(made, "Röntgen", "/models/Röntgen"), {"stable": 1795222945})
    return made


def test_what_is_written_is_read(tmp_path, config):
    file = tmp_path / "new" / "models.config"
    write_models_config(config, file)
    assert read_models_config(file) == config
    assert find_model(read_models_config(file), "Röntgen").version_labels["stable"] == 1795222945
    assert find_model(config, "chest") is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in file.parent.iterdir()] == ["models.config"]


def test_tensorflow_servings_own_class_reads_it(tmp_path, config):
    protocol = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    from google.protobuf import text_format

    write_models_config(config, tmp_path / "models.config")
    text = (tmp_path / "models.config").read_text()
    theirs = text_format.Parse(text, protocol.ModelServerConfig())
    assert theirs.SerializeToString(deterministic=True) == config.SerializeToString(
        deterministic=True
    )


def test_a_write_that_fails_leaves_the_old_file(tmp_path, config, monkeypatch):
    file = tmp_path / "models.config"
    write_models_config(empty_config(), file)

    def fail(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_models_config(config, file)
    assert read_models_config(file) == empty_config()
    assert [path.name for path in tmp_path.iterdir()] == ["models.config"]


@pytest.mark.parametrize("content", [b"model_config_list { conf", b"\xff\xfe"])
def test_what_is_no_models_config(tmp_path, content):
    file = Path(tmp_path, "models.config")
    file.write_bytes(content)
    with pytest.raises(ServingError, match=r"models\.config is not a models\.config"):
        read_models_config(file)
