"""What the client reads of a compiled package: name, parameters, a fingerprint of its content."""

import hashlib
import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kubeflow.errors import PipelinesError


@dataclass(frozen=True)
class PipelinePackage:
    """A package file.

    Attributes:
        path: of the YAML file.
        name: of the pipeline.
        fingerprint: 12 hex digits over its content; comments do not count.
        description: one line about the pipeline, or ''.
        inputs: name → `{parameterType, defaultValue, isOptional, ...}` of each parameter.
    """

    path: Path
    name: str
    fingerprint: str
    description: str = ""
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)


def holds_recipe(path: Path) -> bool:
    """Whether a YAML file holds a recipe, rather than a compiled pipeline."""
    return any(
        "extends" in document or {"data", "model"} <= document.keys()
        for document in _documents(path)
    )


def read_package(path: Path) -> PipelinePackage:
    """Reads and checks a package.

    Raises:
        PipelinesError: it is no YAML, or no package of Kubeflow Pipelines v2.
    """
    documents = _documents(path)
    spec = next((found for found in _specs(documents) if "pipelineInfo" in found), None)
    if spec is None:
        old = any(document.get("kind") == "Workflow" for document in documents)
        what = "a package of the first Kubeflow Pipelines" if old else "no compiled pipeline"
        raise PipelinesError(
            f"{str(path)!r} is {what}. Make one with: medtfx kubeflow compile RECIPE -o {path.name}"
        )
    content = json.dumps(documents, sort_keys=True, default=str).encode()
    root = spec.get("root", {}).get("inputDefinitions", {})
    return PipelinePackage(
        path=path,
        name=str(spec["pipelineInfo"].get("name", "")),
        fingerprint=hashlib.sha256(content).hexdigest()[:12],
        description=str(spec["pipelineInfo"].get("description", "")).rstrip("."),
        inputs=dict(root.get("parameters", {})),
    )


def parse_parameters(package: PipelinePackage, given: list[str]) -> dict[str, Any]:
    """Reads `name=value` pairs by the types that the package declares.

    Raises:
        PipelinesError: a name is unknown, a value is of another type, or one is missing.
    """
    values: dict[str, Any] = {}
    for pair in given:
        name, separator, text = pair.partition("=")
        if not separator:
            raise PipelinesError(f"--param takes name=value. Received: {pair!r}")
        if name not in package.inputs:
            close = get_close_matches(name, package.inputs, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise PipelinesError(
                f"The pipeline {package.name!r} has no parameter {name!r}.{hint} Its parameters: "
                f"{', '.join(sorted(package.inputs)) or 'none'}."
            )
        values[name] = _typed(name, text, package.inputs[name].get("parameterType", "STRING"))
    missing = [
        name
        for name, declared in package.inputs.items()
        if name not in values and "defaultValue" not in declared and not declared.get("isOptional")
    ]
    if missing:
        raise PipelinesError(
            f"The pipeline {package.name!r} needs a value for {', '.join(missing)}: give "
            f"--param {missing[0]}=VALUE"
        )
    return values


def _typed(name: str, text: str, kind: str) -> Any:
    wanted: dict[str, tuple[type, ...]] = {
        "NUMBER_INTEGER": (int,),
        "NUMBER_DOUBLE": (int, float),
        "BOOLEAN": (bool,),
        "LIST": (list,),
        "STRUCT": (dict,),
    }
    if kind not in wanted:
        return text
    try:
        value: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    is_flag = isinstance(value, bool)
    fits = isinstance(value, wanted[kind]) and is_flag == (kind == "BOOLEAN")
    if not fits:
        raise PipelinesError(f"--param {name} takes a {kind}. Received: {text!r}")
    return float(value) if kind == "NUMBER_DOUBLE" else value


@lru_cache(maxsize=1)
def _parse(text: str) -> list[Any]:
    # A package has a thousand lines: libyaml reads them in a tenth of the time.
    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _documents(path: Path) -> list[dict[str, Any]]:
    try:
        found = _parse(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelinesError(f"{str(path)!r} is not valid YAML: {error}") from None
    return [document for document in found if isinstance(document, dict)]


def _specs(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the documents, and what lies in their `pipeline_spec`: both forms are in use."""
    nested = [document.get("pipeline_spec") for document in documents]
    return documents + [spec for spec in nested if isinstance(spec, dict)]
