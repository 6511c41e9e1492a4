"""Which models and versions there are to serve.

The configuration is TensorFlow Serving's own `ModelServerConfig`: read from a `models.config`, sent
by a reload request, or made from a folder of pushed models.
"""

import re
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import text_format

from serving.embedded.refused import Refused
from serving.errors import ServingError
from serving.tensorflow_free import model_server_config_pb2


def config_of_folder(base: Path) -> Any:
    """Makes a configuration of every model below `base`: each folder that holds a version.

    Raises:
        OSError: `base` can't be listed.
    """
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.SetInParent()
    for folder in sorted(base.iterdir()):
        if folder.is_dir() and list_folders(folder):
            config.model_config_list.config.add(
                name=folder.name, base_path=str(folder.absolute()), model_platform="tensorflow"
            )
    return config


def config_of_file(file: Path) -> Any:
    """Reads TensorFlow Serving's `models.config`.

    Raises:
        ServingError: it is not such a file.
        OSError: it can't be read.
    """
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), config)
        check_config(config)
    except (text_format.ParseError, Refused, UnicodeDecodeError) as error:
        raise ServingError(
            f"{file} is not a models.config of TensorFlow Serving (text of a ModelServerConfig): "
            f"{error}"
        ) from error
    return config


def check_config(config: Any) -> None:
    """Checks what can be checked without looking at folders.

    Raises:
        Refused: not a list of models, a relative path, or a name that is there twice.
    """
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    if config.WhichOneof("config") != "model_config_list":
        raise Refused(
            invalid,
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported",
        )
    names: set[str] = set()
    for model in config.model_config_list.config:
        if model.name in names:
            raise Refused(
                invalid, f"Illegal to list model {model.name} multiple times in config list"
            )
        names.add(model.name)
        if not Path(model.base_path).is_absolute():
            raise Refused(
                invalid,
                f"Expected model {model.name} to have an absolute path or URI; "
                f"got base_path()={model.base_path}",
            )


def list_folders(base: Path) -> dict[int, Path]:
    """Returns the folder of each version of a model. `withdrawn` and copies under way are none.

    Raises:
        OSError: `base` can't be listed.
    """
    return {
        int(folder.name): folder
        for folder in base.iterdir()
        if re.fullmatch(r"[0-9]+", folder.name) and folder.is_dir()
    }


def choose_versions(model: Any, folders: dict[int, Path]) -> dict[int, Path]:
    """Applies a model's version policy (latest N, all, specific; latest 1 if it has none).

    Args:
        model: a `ModelConfig`; None for a model that is no longer served.
        folders: what there is.
    """
    if model is None:
        return {}
    policy = model.model_version_policy
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return folders
    if kind == "specific":
        return {n: folders[n] for n in policy.specific.versions if n in folders}
    return {n: folders[n] for n in sorted(folders)[-max(policy.latest.num_versions, 1) :]}


def allows_older(model: Any) -> bool:
    """Whether an older version may stand in while the newest can't be loaded.

    Not where the policy names the versions.
    """
    return model.model_version_policy.WhichOneof("policy_choice") in (None, "latest")
