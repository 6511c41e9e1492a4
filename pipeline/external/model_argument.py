"""What the argument MODEL of `medtfx evaluate` names: a folder, a name, or a model of a server."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.external.errors import ExternalError

_SERVED = re.compile(r"(?P<server>[^/]+:\d+)/(?P<name>[^/]+)")


@dataclass(frozen=True)
class ModelArgument:
    """A model.

    Attributes:
        name: under which it is served.
        server: 'host:port' of its server; None: it is loaded in this process.
        models: folder of the pushed models; None: that of the home.
        version: number, if the argument names one.
    """

    name: str
    server: str | None = None
    models: Path | None = None
    version: int | None = None


def read_model_argument(text: str) -> ModelArgument:
    """Reads the argument.

    Args:
        text: a folder `MODELS/NAME/VERSION` or `MODELS/NAME`, `HOST:PORT/NAME`, or `NAME`.

    Raises:
        ExternalError: it is none of these.
    """
    path = Path(text).absolute()
    if Path(path, "saved_model.pb").is_file():
        if not path.name.isdecimal():
            raise ExternalError(
                "The folder of a pushed version has its number as its name, below a folder with "
                f"the name of the model. Received: {text!r}. Rename it, for example to "
                f"{path.parent / path.name / '1'}."
            )
        return ModelArgument(path.parent.name, None, path.parent.parent, int(path.name))
    if any(path.glob("[0-9]*/saved_model.pb")):
        return ModelArgument(path.name, None, path.parent)
    if served := _SERVED.fullmatch(text):
        return ModelArgument(served["name"], served["server"])
    if not text or "/" in text or path.is_dir():
        raise ExternalError(
            "A model is the folder of a pushed version (.../NAME/VERSION), a name in the folder "
            f"of pushed models, or HOST:PORT/NAME of a server. Received: {text!r}, which holds no "
            "saved_model.pb."
        )
    return ModelArgument(text)
