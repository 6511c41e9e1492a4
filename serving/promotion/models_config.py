"""TensorFlow Serving's `models.config`: which versions of which models are served, and labels.

The file is read and written by code only: its text is the message `ModelServerConfig`.
"""

import os
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from components.storage.atomic_write import replacing
from serving.promotion.labels import labels_of
from serving.protocol.errors import ServingError
from serving.protocol.tensorflow_free import model_server_config_pb2

FILE_NAME = "models.config"
_MODE = 0o644  # a server runs as another user than whoever promotes
_HEADER = """\
# Which versions of which models a server serves, and under which labels.
# Written by `medtfx promote`, `medtfx rollback` and `medtfx serving-config`: other comments go.
"""


def empty_config() -> Any:
    """Returns a `ModelServerConfig` that lists no model."""
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.SetInParent()
    return config


def read_models_config(file: Path) -> Any:
    """Reads a `ModelServerConfig`.

    Raises:
        ServingError: the file is not one.
        OSError: it can't be read.
    """
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), config)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ServingError(
            f"{file} is not a models.config of TensorFlow Serving (text of a ModelServerConfig): "
            f"{error}"
        ) from error
    return config


def read_labels(file: Path, model: str) -> dict[str, int]:
    """Returns version by label of a model; {} where there is no such file.

    Raises:
        ServingError: the file is not a `ModelServerConfig`.
    """
    return labels_of(find_model(read_models_config(file), model)) if file.is_file() else {}


def write_models_config(config: Any, file: Path) -> None:
    """Writes a `ModelServerConfig`: who reads at the same time gets the old file or the new one.

    Raises:
        OSError: it can't be written; the old file is as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    text = _HEADER + text_format.MessageToString(config, as_utf8=True)
    with replacing(file) as new:
        os.fchmod(new.fileno(), _MODE)  # whatever the umask
        new.write(text.encode())


def find_model(config: Any, name: str) -> Any:
    """Returns the `ModelConfig` of a model in a configuration, or None."""
    models = config.model_config_list.config
    return next((model for model in models if model.name == name), None)


def add_model(config: Any, name: str, base_path: str) -> Any:
    """Adds a model, at its latest version, and returns its `ModelConfig`."""
    return config.model_config_list.config.add(
        name=name, base_path=base_path, model_platform="tensorflow"
    )


def is_remote(model: Any) -> bool:
    """Whether the versions of a `ModelConfig` lie in a bucket; not for None."""
    return model is not None and "://" in model.base_path
