"""ML Metadata in memory, with a node that has run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.runs.records import NodeRecord
from pipeline.runs.runner import NodeRun
from tests.pipeline.metadata_store import Store


@pytest.fixture
def metadata(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def ran(metadata: Store) -> Callable[[str, dict, dict], NodeRun]:
    """Stores the execution of a node that read and wrote artifacts."""

    def run(node: str, inputs: dict, outputs: dict) -> NodeRun:
        number = metadata.node("run-1", node, inputs, outputs)
        record = NodeRecord(node, cached=False, seconds=1.0)
        return NodeRun(record, {key: [one] for key, one in outputs.items()}, number)

    return run
