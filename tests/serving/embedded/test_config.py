import re

import pytest
from google.protobuf import text_format

from serving.embedded.config import (
    choose_versions,
    config_of_file,
    config_of_folder,
    list_folders,
)
from serving.protocol.errors import ServingError
from serving.protocol.tensorflow_free import model_server_config_pb2


def folders(base, *names):
    for name in names:
        (base / name).mkdir(parents=True)


def test_each_folder_with_a_version_is_a_model(tmp_path):
    folders(tmp_path, "a/1", "b/2", "empty", "c/withdrawn/3")
    (tmp_path / "file").touch()
    config = config_of_folder(tmp_path)
    assert [model.name for model in config.model_config_list.config] == ["a", "b"]
    assert config.model_config_list.config[0].base_path == str(tmp_path / "a")


def test_only_plain_numbers_are_versions(tmp_path):
    folders(tmp_path, "1", "20", "withdrawn/3", "4.tmp", "-5", "v6", "７")
    (tmp_path / "8").touch()
    assert list_folders(tmp_path) == {1: tmp_path / "1", 20: tmp_path / "20"}


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [
        ("", [10]),
        ("latest {}", [10]),
        ("latest { num_versions: 2 }", [9, 10]),
        ("latest { num_versions: 9 }", [2, 9, 10]),
        ("all {}", [2, 9, 10]),
        ("specific { versions: 2 versions: 77 }", [2]),
    ],
)
def test_version_policies(tmp_path, policy, chosen):
    model = text_format.Parse(
        f"model_version_policy {{ {policy} }}" if policy else "",
        model_server_config_pb2.ModelConfig(),
    )
    found = choose_versions(model, {n: tmp_path / str(n) for n in (9, 10, 2)})
    assert sorted(found) == chosen


MODEL = 'config { name: "%s" base_path: "%s" model_platform: "tensorflow" }'


def test_models_config_of_tensorflow_serving(tmp_path):
    file = tmp_path / "models.config"
    file.write_text(f"model_config_list {{ {MODEL % ('a', '/models/a')} }}")
    assert config_of_file(file).model_config_list.config[0].name == "a"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model_config_list { config: nonsense", "models.config of TensorFlow Serving"),
        ("", "Only ModelConfigList is currently supported"),
        (f"model_config_list {{ {MODEL % ('a', 'models/a')} }}", "absolute path"),
        (f"model_config_list {{ {MODEL % ('a', '/a') * 2} }}", "model a multiple times"),
    ],
)
def test_what_is_no_models_config(tmp_path, text, says):
    file = tmp_path / "models.config"
    file.write_text(text)
    with pytest.raises(ServingError, match=re.escape(says)):
        config_of_file(file)
