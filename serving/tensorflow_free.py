"""TensorFlow Serving's messages and stubs, without TensorFlow.

`tensorflow_serving.apis` imports message modules that lie inside the `tensorflow` package, and so
runs all of TensorFlow: 8-15 s and 500 MB for a few classes. While they are imported here, an empty
package with TensorFlow's own search path stands in its place: 0.15 s, 30 MB. Afterwards it is gone
again: a later `import tensorflow` is a real one, and shares the message classes.

Do not start a real `import tensorflow` in another thread while this module is being imported.

Raises:
    ServingError: on import, where TensorFlow or tensorflow-serving-api is not installed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from serving.errors import ServingError


@contextmanager
def _placeholder() -> Iterator[None]:
    """Keeps an empty `tensorflow` in `sys.modules`, unless the real one is there already."""
    if "tensorflow" in sys.modules:
        yield
        return
    found = find_spec("tensorflow")
    if found is None or found.submodule_search_locations is None:
        raise ServingError(_missing("tensorflow"))
    package = ModuleType("tensorflow")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["tensorflow"] = package
    try:
        yield
    finally:
        # The message modules stay, so that the real package finds them and shares their classes.
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == "tensorflow" and hasattr(module, "__path__"):
                del sys.modules[name]


def _missing(package: str) -> str:
    return (
        f"Talking to a model server needs the package {package!r}, which is not installed here. "
        "Install medtfx with its stack: `make setup`, or `pip install 'medtfx[current]'`."
    )


def _load(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ServingError(_missing(error.name or name)) from error


with _placeholder():
    # === Tensors ===
    tensor_pb2 = _load("tensorflow.core.framework.tensor_pb2")
    types_pb2 = _load("tensorflow.core.framework.types_pb2")
    # === Requests and answers ===
    predict_pb2 = _load("tensorflow_serving.apis.predict_pb2")
    get_model_metadata_pb2 = _load("tensorflow_serving.apis.get_model_metadata_pb2")
    get_model_status_pb2 = _load("tensorflow_serving.apis.get_model_status_pb2")
    model_management_pb2 = _load("tensorflow_serving.apis.model_management_pb2")
    prediction_log_pb2 = _load("tensorflow_serving.apis.prediction_log_pb2")
    # === Services ===
    prediction_service_pb2_grpc = _load("tensorflow_serving.apis.prediction_service_pb2_grpc")
    model_service_pb2_grpc = _load("tensorflow_serving.apis.model_service_pb2_grpc")
    # === Configuration ===
    model_server_config_pb2 = _load("tensorflow_serving.config.model_server_config_pb2")
