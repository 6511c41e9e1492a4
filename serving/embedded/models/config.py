"""Which models and versions there are to serve.

The configuration is TensorFlow Serving's own `ModelServerConfig`: read from a `models.config`, sent
by a reload request, or made from a folder of pushed models.
"""

from pathlib import Path
from typing import Any

import grpc

from serving.embedded.status_error import StatusError
from serving.promotion.models_config import (
    FILE_NAME,
    add_model,
    empty_config,
    find_model,
    read_models_config,
)
from serving.promotion.versions import folders_by_version
from serving.protocol.errors import ServingError


def config_of_folder(base: Path) -> Any:
    """Makes a configuration of every model below `base`: each folder that holds a version.

    Where `base` holds a `models.config`, as `medtfx promote` writes it, the versions and labels of
    the models that it names are as it says.

    Raises:
        ServingError: that file is not valid.
        OSError: `base` can't be listed.
    """
    config, file = empty_config(), base / FILE_NAME
    given = config_of_file(file) if file.is_file() else empty_config()
    for folder in sorted(base.iterdir()):
        if folder.is_dir() and folders_by_version(folder):
            model = add_model(config, folder.name, str(folder.absolute()))
            named = find_model(given, folder.name)
            if named is not None:
                model.model_version_policy.CopyFrom(named.model_version_policy)
                model.version_labels.update(named.version_labels)
    return config


def config_of_file(file: Path) -> Any:
    """Reads TensorFlow Serving's `models.config`.

    Raises:
        ServingError: it is not such a file.
        OSError: it can't be read.
    """
    config = read_models_config(file)
    try:
        check_config(config)
    except StatusError as error:
        raise ServingError(
            f"{file} is not a models.config of TensorFlow Serving (text of a ModelServerConfig): "
            f"{error}"
        ) from error
    return config


def check_config(config: Any) -> None:
    """Checks what can be checked without looking at folders.

    Raises:
        StatusError: not a list of models, a relative path, or a name that is there twice.
    """
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    if config.WhichOneof("config") != "model_config_list":
        raise StatusError(
            invalid,
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported",
        )
    names: set[str] = set()
    for model in config.model_config_list.config:
        if model.name in names:
            raise StatusError(
                invalid, f"Illegal to list model {model.name} multiple times in config list"
            )
        names.add(model.name)
        if not Path(model.base_path).is_absolute():
            raise StatusError(
                invalid,
                f"Expected model {model.name} to have an absolute path or URI; "
                f"got base_path()={model.base_path}",
            )


def check_paths(config: Any, root: Path | None, given: Any) -> None:
    """Checks where the models of a reload request lie: a SavedModel is a program.

    Args:
        config: that was sent.
        root: folder below which they may lie, after links are followed; None for no folder.
        given: the configuration that a person wrote, or None; its paths are allowed.

    Raises:
        StatusError: a path leads elsewhere.
    """
    allowed = set() if given is None else {one.base_path for one in given.model_config_list.config}
    for model in config.model_config_list.config:
        path = Path(model.base_path)
        inside = root is not None and path.resolve().is_relative_to(root.resolve())
        if not inside and model.base_path not in allowed:
            raise StatusError(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Model {model.name} has to lie below {root}, the folder that is served, after "
                f"links are followed; got base_path()={model.base_path}",
            )


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
