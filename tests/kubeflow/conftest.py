"""A server of Kubeflow Pipelines on localhost, a package for it, and the command line."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kubeflow.client.connection import Connection, connect
from kubeflow.client.settings import read_settings
from tests.command_line import medtfx
from tests.doubles.kfp_api_server import start
from tests.doubles.kfp_api_state import PipelinesServer

PACKAGE = """
pipelineInfo: {name: chest, description: Chest films.}
root:
  dag:
    tasks:
      trainer:
        componentRef: {name: comp-trainer}
        taskInfo: {name: Trainer}
      evaluator:
        componentRef: {name: comp-evaluator}
        taskInfo: {name: Evaluator}
  inputDefinitions:
    parameters:
      data: {parameterType: STRING}
      rows: {parameterType: NUMBER_INTEGER, defaultValue: 5.0, isOptional: true}
      share: {parameterType: NUMBER_DOUBLE, defaultValue: 0.5, isOptional: true}
      fast: {parameterType: BOOLEAN, defaultValue: false, isOptional: true}
      overrides: {parameterType: LIST, defaultValue: [], isOptional: true}
      if_new: {parameterType: BOOLEAN, defaultValue: false, isOptional: true}
      gate_failure: {parameterType: STRING, defaultValue: '', isOptional: true}
components:
  comp-trainer: {executorLabel: exec-trainer}
  comp-evaluator: {executorLabel: exec-evaluator}
deploymentSpec:
  executors:
    exec-trainer: {container: {image: 'site/medtfx:1', args: [--node, Trainer]}}
    exec-evaluator:
      container:
        image: 'site/medtfx:1'
        args: [--node, Evaluator, --node, ServingValidator, --run-id, x]
schemaVersion: 2.1.0
sdkVersion: kfp-2.5.0
---
platforms:
  kubernetes:
    deploymentSpec:
      executors: {exec-trainer: {nodeSelector: {labels: {gpu: 'true'}}}}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two documents, with one parameter that must be given: data."""
    path = tmp_path / "chest.yaml"
    path.write_text(PACKAGE)
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PipelinesServer]:
    """The state of a server; the environment names its address and holds no login."""
    state = PipelinesServer()
    http = start(state)
    for variable in [name for name in os.environ if name.startswith("KFP_")]:
        monkeypatch.delenv(variable)
    for variable in ("MEDTFX_MLMD", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))  # no cluster of this machine's
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", f"http://127.0.0.1:{http.server_address[1]}")
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture
def connection(server: PipelinesServer) -> Connection:
    """To that server, as its environment says."""
    return connect(read_settings())


@pytest.fixture
def kubeflow() -> Callable[..., tuple[int, str, str]]:
    """Runs `medtfx kubeflow ...` in this process; returns exit code, output and errors."""
    return partial(medtfx, "kubeflow")
