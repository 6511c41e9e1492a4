"""Nodes on the databases that a cluster has, in processes of their own as pods are."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import pytest

from components.runtime.environment import ML_METADATA
from components.runtime.stack import installed_stack
from kubeflow.package.recipe_codec import encode_recipe
from pipeline.metadata import connection as metadata_store
from pipeline.metadata.connection import MetadataError
from pipeline.metadata.store import count_runs
from pipeline.recipes.loader import load_recipe
from tests.doubles import databases, metadata_server
from tests.paths import ROOT

pytestmark = pytest.mark.end_to_end

NODES = ("ImageExampleGen", "StatisticsGen", "SchemaGen")
TINY = ("data.min_per_split=1", "data.split_seed=51")
PATIENCE_SECONDS = 300


@pytest.fixture(scope="module", params=[databases.mariadb, metadata_server.grpc_server])
def address(request):
    with request.param() as found:
        yield found


@pytest.fixture(scope="module")
def node(address, films, tmp_path_factory):
    """Returns a function that starts a node of a run, and the process of it."""
    root = tmp_path_factory.mktemp("volume")

    def start(name: str, run: str, number: int) -> subprocess.Popen:
        # Another recipe for each number, so that none is served another's examples.
        recipe = load_recipe("quickstart", [*TINY, f"data.max_quarantine_share=0.2{number}"])
        command = [sys.executable, "-m", "kubeflow.node", "--node", name,
                   "--recipe", encode_recipe(recipe), "--stack", installed_stack() or "",
                   "--version", metadata.version("medtfx"), "--run-id", run,
                   "--data", str(films), "--root", str(root)]  # fmt: skip
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, ML_METADATA.name: address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def finish(process: subprocess.Popen) -> str:
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, out
    return out


def states(address: str, run: str) -> dict[str, list[int]]:
    """Returns node → states of its executions in a run, oldest first."""
    import ml_metadata

    store = ml_metadata.MetadataStore(metadata_store.connection(address))
    types = {kind.id: kind.name for kind in store.get_execution_types()}
    context = store.get_context_by_type_and_name("pipeline_run", run)
    found: dict[str, list[int]] = {}
    if context:
        executions = store.get_executions_by_context(context.id)
        for execution in sorted(executions, key=lambda execution: execution.id):
            name = types[execution.type_id].rsplit(".", 1)[-1]
            found.setdefault(name, []).append(execution.last_known_state)
    return found


def test_nodes_of_several_first_runs_at_once(address, node):
    """On an empty database, whose tables one of them makes."""
    from ml_metadata.proto import metadata_store_pb2

    def whole_run(number: int) -> list[str]:
        return [finish(node(name, f"run-{number}", number)) for name in NODES]

    with ThreadPoolExecutor(3) as pool:
        logs = list(pool.map(whole_run, (1, 2, 3)))
    assert count_runs(address) == 3
    done = [metadata_store_pb2.Execution.COMPLETE]
    for number in (1, 2, 3):
        assert list(states(address, f"run-{number}").values()) == [done] * len(NODES)
    examples = {line for log in logs for line in log[0].splitlines() if "examples:" in line}
    assert len({line.split("examples:")[1] for line in examples}) == 3
    assert databases.PASSWORD not in str(logs)


def test_a_killed_node_is_started_again(address, node):
    from ml_metadata.proto import metadata_store_pb2

    finish(node("ImageExampleGen", "killed", 5))
    process = node("StatisticsGen", "killed", 5)
    deadline = time.monotonic() + PATIENCE_SECONDS
    running = metadata_store_pb2.Execution.RUNNING
    while running not in states(address, "killed").get("StatisticsGen", []):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert "took" in finish(node("StatisticsGen", "killed", 5))
    assert "took" in finish(node("SchemaGen", "killed", 5))
    found = states(address, "killed")
    complete = metadata_store_pb2.Execution.COMPLETE
    assert found["StatisticsGen"][-1] == complete and found["StatisticsGen"].count(complete) == 1

    # What was killed left nothing behind that a later run could take for a result.
    finish(node("ImageExampleGen", "again", 5))
    assert "is taken from the cache" in finish(node("StatisticsGen", "again", 5))


def test_a_wrong_password_is_a_sentence_without_it():
    with databases.mariadb() as address:
        wrong = address.replace("pass@", "guessed@")
        with pytest.raises(MetadataError, match=r":\*\*\*@127.0.0.1.* can't be used") as caught:
            count_runs(wrong)
        assert "guessed" not in str(caught.value)


def test_postgresql_is_refused_for_a_reason():
    # When this fails, ML Metadata has learned to quote, and `metadata_store` may allow it.
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    with databases.postgresql() as port:
        config.postgresql.host, config.postgresql.port = "127.0.0.1", str(port)
        config.postgresql.user, config.postgresql.password = databases.USER, databases.PASSWORD
        config.postgresql.dbname = databases.DATABASE
        # It writes 'E'P\\d+', a text that ends after its first letter, whatever the server reads.
        for setting in ("", "standard_conforming_strings=off", "backslash_quote=on"):
            if setting:
                databases.set_in_postgresql(port, setting)
            store = ml_metadata.MetadataStore(config)
            kind = store.put_context_type(metadata_store_pb2.ContextType(name="recipe"))
            context = metadata_store_pb2.Context(type_id=kind, name=f"plain {setting}")
            context.custom_properties["pattern"].string_value = "P[0-9]+"
            store.put_contexts([context])
            context.name, context.custom_properties["pattern"].string_value = "other", r"P\d+"
            with pytest.raises(ml_metadata.errors.InternalError, match="syntax error"):
                store.put_contexts([context])
