import re

import pytest
from google.protobuf import text_format

from serving.embedded.models.config import (
    check_paths,
    choose_versions,
    config_of_file,
    config_of_folder,
)
from serving.embedded.status_error import StatusError
from serving.promotion.models_config import add_model, empty_config
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


def test_paths_of_a_reload_are_below_the_root_or_given(tmp_path):
    inside, outside = tmp_path / "models" / "tiny", tmp_path / "elsewhere" / "tiny"

    def check(path, given=None):
        check_paths(configured(path), tmp_path / "models", given and configured(given))

    check(inside)
    check(outside, given=outside)
    for path in (outside, inside / ".." / ".." / "elsewhere", tmp_path / "models-beside"):
        with pytest.raises(StatusError, match=r"below .*models, the folder that is served"):
            check(path)


def configured(path):
    config = empty_config()
    add_model(config, "tiny", str(path))
    return config
