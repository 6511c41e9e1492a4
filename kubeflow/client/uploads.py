"""Uploads a package: each content once, as a new version of its pipeline, never over an old one."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version as installed_version
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.package_file import Package

PAGE = 100
_FINGERPRINT = re.compile(r"\bpackage ([0-9a-f]{12})\b")


@dataclass(frozen=True)
class Uploaded:
    """A version of a pipeline on the server.

    Attributes:
        pipeline_id: of the pipeline.
        version_id: of the version.
        version: its name.
        new: False if this content was there already.
    """

    pipeline_id: str
    version_id: str
    version: str
    new: bool


def upload(connection: Connection, package: Package) -> Uploaded:
    """Makes sure that the server holds the package, and says as which version.

    Raises:
        PipelinesError: the server refuses; its reason is passed on.
    """
    pipeline_id = find_pipeline(connection, package.name)
    if pipeline_id is None:
        return _upload_first(connection, package)
    for version in _versions(connection, pipeline_id):
        if _fingerprint(version) == package.fingerprint:
            identity = version.pipeline_version_id
            return Uploaded(pipeline_id, identity, version.display_name, new=False)
    with connection.to("upload a version of the pipeline") as client:
        version = client.upload_pipeline_version(
            str(package.path),
            pipeline_version_name=_version_name(package),
            pipeline_id=pipeline_id,
            description=_description(package),
        )
    return Uploaded(pipeline_id, version.pipeline_version_id, version.display_name, new=True)


def find_pipeline(connection: Connection, name: str) -> str | None:
    """Returns the id of the pipeline of that name in the user's namespace, or None."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    with connection.to("list the pipelines") as client:
        found = client.list_pipelines(
            namespace=connection.namespace or None,
            page_size=PAGE,
            filter=json.dumps({"predicates": [predicate]}),
        )
    pipelines = found.pipelines or []
    return pipelines[0].pipeline_id if pipelines else None


def pages(fetch: Callable[[str], Any], items: str) -> Iterator[Any]:
    """Yields the items of a list that the server hands out page by page.

    Args:
        fetch: page token → answer.
        items: the answer's attribute that holds them.
    """
    token = ""
    while True:
        answer = fetch(token)
        yield from getattr(answer, items) or []
        token = answer.next_page_token or ""
        if not token:
            return


def _upload_first(connection: Connection, package: Package) -> Uploaded:
    # The server makes the first version itself, under the name of the pipeline.
    with connection.to("upload the pipeline") as client:
        pipeline = client.upload_pipeline(
            str(package.path),
            pipeline_name=package.name,
            description=_description(package),
            namespace=connection.namespace or None,
        )
    version = next(_versions(connection, pipeline.pipeline_id))
    identity = version.pipeline_version_id
    return Uploaded(pipeline.pipeline_id, identity, version.display_name, new=True)


def _versions(connection: Connection, pipeline_id: str) -> Iterator[Any]:
    def fetch(token: str) -> Any:
        with connection.to("list the versions of the pipeline") as client:
            return client.list_pipeline_versions(
                pipeline_id, page_token=token, page_size=PAGE, sort_by="created_at desc"
            )

    return pages(fetch, "pipeline_versions")


def _version_name(package: Package) -> str:
    # Lower case and no spaces: some installations keep versions as objects of Kubernetes, whose
    # names are unique over all pipelines.
    moment = datetime.now(timezone.utc).strftime("%Y%m%dt%H%M%S")
    return f"{package.name}-{installed_version('medtfx')}-{moment}-{package.fingerprint}"


def _description(package: Package) -> str:
    return f"medtfx {installed_version('medtfx')}, package {package.fingerprint}"


def _fingerprint(version: Any) -> str | None:
    found = _FINGERPRINT.search(version.description or "")
    return found[1] if found else None
