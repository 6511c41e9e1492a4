"""Uploads a package: each content once, as a new version of its pipeline, never over an old one."""

import re
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.pipeline_package import PipelinePackage

_FINGERPRINT = re.compile(r"\bpackage ([0-9a-f]{12})\b")


@dataclass(frozen=True)
class Uploaded:
    """A version of a pipeline on the server.

    Attributes:
        pipeline_id: of the pipeline.
        version_id: of the version.
        version: its name.
        description: what KFP's page shows beside the name.
        new: False if this content was there already.
    """

    pipeline_id: str
    version_id: str
    version: str
    description: str
    new: bool


def upload(connection: Connection, package: PipelinePackage) -> Uploaded:
    """Makes sure that the server holds the package, and returns as which version.

    Raises:
        PipelinesError: the server refuses; its reason is passed on.
    """
    description = _description(package)
    pipeline = connection.find("list the pipelines", "pipelines", package.name)
    if pipeline is None:
        # The server makes the first version itself, under the name of the pipeline.
        query = {"name": package.name, "description": description}
        pipeline = connection.call(
            "upload the pipeline",
            "POST",
            "/pipelines/upload",
            query=query | {"namespace": connection.namespace},
            file=package.path,
        )
        (version,) = _versions(connection, pipeline["pipeline_id"])
        return _uploaded(version, new=True)
    pipeline_id = pipeline["pipeline_id"]
    for version in _versions(connection, pipeline_id):
        if _fingerprint(version) == package.fingerprint:
            return _uploaded(version, new=False)
    query = {"name": _version_name(package), "pipelineid": pipeline_id, "description": description}
    version = connection.call(
        "upload a version of the pipeline",
        "POST",
        "/pipelines/upload_version",
        query=query,
        file=package.path,
    )
    return _uploaded(version, new=True)


def _versions(connection: Connection, pipeline_id: str) -> list[dict[str, Any]]:
    path = f"/pipelines/{pipeline_id}/versions"
    return list(connection.items("list the versions of the pipeline", path, "pipeline_versions"))


def _uploaded(version: dict[str, Any], *, new: bool) -> Uploaded:
    return Uploaded(
        version["pipeline_id"],
        version["pipeline_version_id"],
        version["display_name"],
        version.get("description", ""),
        new,
    )


def _version_name(package: PipelinePackage) -> str:
    # Lower case and no spaces: some installations keep versions as objects of Kubernetes, whose
    # names are unique over all pipelines; the fingerprint covers the pipeline's name.
    return f"{installed_version('medtfx')}-{package.fingerprint[:8]}"


def _description(package: PipelinePackage) -> str:
    described = package.description or f"medtfx {installed_version('medtfx')}"
    return f"{described}, package {package.fingerprint}"


def _fingerprint(version: dict[str, Any]) -> str | None:
    found = _FINGERPRINT.search(version.get("description") or "")
    return found[1] if found else None
