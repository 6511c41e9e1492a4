"""Renders the page: TFMA's elements, their data, and charts in place of Google's."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from components.runtime.errors import MedtfxError
from components.runtime.html import html_environment

_HERE = Path(__file__).parent
_NO_HTML = str.maketrans("<>", "‹›")
# Each uses those before it.
_CHARTS = ("data.js", "axes.js", "plot.js", "table.js", "google.js")


@dataclass(frozen=True)
class Block:
    """One of TFMA's HTML elements.

    Attributes:
        title: its heading.
        element: name of the custom element.
        data: its property `data`.
        config: its property `config`.
    """

    title: str
    element: str
    data: Any
    config: Mapping[str, Any]


def render_dashboard(title: str, blocks: Sequence[Block], classes: Sequence[str]) -> str:
    """Returns the whole page.

    Args:
        title: of the page.
        blocks: in order.
        classes: in the order of the model's outputs; the confusion matrix is named by them.

    Raises:
        MedtfxError: the installed TFMA has no dashboard.
    """
    settings = {
        "blocks": [{"config": block.config, "data": block.data} for block in blocks],
        "classNames": {name: str(index) for index, name in enumerate(classes)},
    }
    return (
        html_environment(_HERE)
        .get_template("page.html")
        .render(
            title=title,
            blocks=[Block(block.title, Markup(block.element), None, {}) for block in blocks],
            charts=Markup(_in_script(_charts())),
            tfma=Markup(_in_script(tfma_script())),
            settings=Markup(_as_json(settings)),
        )
    )


def tfma_script() -> str:
    """Returns the dashboard's script out of the installed TFMA.

    Raises:
        MedtfxError: the package does not contain it.
    """
    import tensorflow_model_analysis as tfma

    path = Path(tfma.__file__).parent / "static" / "vulcanized_tfma.js"
    if not path.is_file():
        raise MedtfxError(
            f"The dashboard needs a script of the package tensorflow-model-analysis: {path} is not "
            "there. Install the package again with `make setup`. `medtfx report` works without it."
        )
    return path.read_text(encoding="utf-8")


def as_data(value: Any) -> Any:
    """Returns values for JSON that TFMA can show.

    NaN becomes null, also the text `NaN`. TFMA writes names of classes and slices as HTML into its
    tables, so angle brackets in them become typographic ones.
    """
    if isinstance(value, Mapping):
        return {str(key).translate(_NO_HTML): as_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, str):
        return None if value == "NaN" else value.translate(_NO_HTML)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return value


def _charts() -> str:
    scripts = [(_HERE / "charts" / name).read_text(encoding="utf-8") for name in _CHARTS]
    return '(() => {\n"use strict";\n' + "\n".join(scripts) + "})();"


def _in_script(code: str) -> str:
    # In the strings of a script these would end the element, or open a comment in it.
    return re.sub(r"</(script)", r"<\\/\1", code, flags=re.IGNORECASE).replace("<!--", "<\\!--")


def _as_json(value: Any) -> str:
    return json.dumps(as_data(value), allow_nan=False).replace("<", "\\u003c")
