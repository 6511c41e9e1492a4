"""One node after the other, through TFX's launcher and a real ML Metadata store."""

import pytest

from components.runtime.errors import DataError
from pipeline.home import Home
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe
from pipeline.runs.records import NodeRecord

# The first nodes alone: the end-to-end tests run them all.
NODES = ["ImageExampleGen", "StatisticsGen", "SchemaGen"]
TINY = ("data.min_per_split=1", "data.split_seed=51", "data.max_quarantine_share=0.2")


class Watched(list):
    """Remembers what it is told."""

    def node_started(self, node: str, number: int, total: int) -> None:
        self.append(f"{node} {number}/{total}")

    def node_finished(self, run: NodeRecord) -> None:
        self.append(f"{run.node} {'cached' if run.cached else 'ran'}")


@pytest.fixture
def run_first_nodes(films, tmp_path):
    from tfx.dsl.compiler import compiler

    from pipeline.dag.training import build_pipeline
    from pipeline.runs.runner import ProgressRunner

    (tmp_path / "home").mkdir()

    def run(run_id: str, *overrides: str) -> tuple[Watched, ProgressRunner]:
        recipe = load_recipe("quickstart", [*TINY, *overrides])
        pipeline = build_pipeline(
            recipe, str(films), PipelinePaths.of_home(Home(tmp_path / "home"))
        )
        compiled = compiler.Compiler().compile(pipeline)
        del compiled.nodes[len(NODES) :]
        watched = Watched()
        runner = ProgressRunner(run_id, watched)
        runner.run_with_ir(compiled)
        return watched, runner

    return run


def test_nodes_run_in_order_and_then_come_from_the_cache(run_first_nodes):
    first, _ = run_first_nodes("one")
    assert first == [
        line
        for number, node in enumerate(NODES, start=1)
        for line in (f"{node} {number}/3", f"{node} ran")
    ]
    second, runner = run_first_nodes("two")
    assert [line for line in second if "/" not in line] == [f"{node} cached" for node in NODES]
    # What a cached node yields are the artifacts of the run before.
    quarantine = runner.node_runs[0].outputs["quarantine"][0]
    assert quarantine.properties["images_unreadable"].int_value == 6
    # A changed recipe reruns what depends on it.
    third, _ = run_first_nodes("three", "data.max_pixels=1000000")
    assert "ImageExampleGen ran" in third and "StatisticsGen ran" in third


def test_a_failed_node_ends_the_run_and_keeps_its_cause(run_first_nodes):
    from pipeline.runs.runner import NodeFailedError

    with pytest.raises(NodeFailedError, match="ImageExampleGen") as caught:
        run_first_nodes("one", "data.max_quarantine_share=0")
    assert isinstance(caught.value.__cause__, DataError)


def test_a_node_whose_inputs_are_missing_fails_rather_than_being_skipped(run_first_nodes, tmp_path):
    """TFX's own local runner would go on in silence."""
    from ml_metadata.proto import metadata_store_pb2
    from tfx.dsl.compiler import compiler, constants
    from tfx.orchestration.portable import runtime_parameter_utils

    from pipeline.dag.training import build_pipeline
    from pipeline.runs.runner import NodeFailedError, launch_node

    recipe = load_recipe("quickstart")
    paths = PipelinePaths.of_home(Home(tmp_path / "home"))
    compiled = compiler.Compiler().compile(build_pipeline(recipe, str(tmp_path), paths))
    runtime_parameter_utils.substitute_runtime_parameter(
        compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: "alone"}
    )
    connection = paths.metadata
    assert isinstance(connection, metadata_store_pb2.ConnectionConfig)
    with pytest.raises(NodeFailedError, match="StatisticsGen"):
        launch_node(compiled, "StatisticsGen", connection)
