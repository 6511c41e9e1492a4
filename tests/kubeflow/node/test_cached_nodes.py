"""The decision about the cache without TensorFlow, against that of TFX's launcher with it."""

import json
import subprocess
import sys

import pytest

from pipeline.metadata.connection import connection
from tests.paths import ROOT

# As the task's process: takes the nodes from the cache, and says what it found and imported.
SCRIPT = """
import json, sys
from kubeflow.node.light_process import forbid_heavy_imports
forbid_heavy_imports()
from tfx.proto.orchestration import pipeline_pb2
from kubeflow.node.cached_nodes import from_cache
from pipeline.metadata.connection import connection
path, address = sys.argv[1:]
with open(path, "rb") as file:
    pipeline = pipeline_pb2.Pipeline.FromString(file.read())
found = {}
for node in ("Draw", "Look"):
    run = from_cache(pipeline, node, connection(address))
    if run is None:
        break
    found[node] = [run.record.cached, {k: [a.id for a in v] for k, v in run.outputs.items()}]
heavy = ("tensorflow", "keras", "apache_beam", "tfx_bsl")
print(json.dumps({"found": found, "heavy": [name for name in heavy if sys.modules.get(name)]}))
"""


class Site:
    """A pipeline, and ML Metadata in a file."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"sqlite:///{folder}/metadata.sqlite"

    def pipeline(self, run_id, count=1, source="a"):
        from tests.kubeflow.node.small_pipeline import compiled, of_run

        return of_run(compiled(str(self.folder), count, source), run_id)

    def launch(self, pipeline, *nodes):
        """Runs nodes by TFX with all that it loads; returns node → cached, outputs."""
        from pipeline.runs.runner import launch_node

        runs = [launch_node(pipeline, node, connection(self.address)) for node in nodes]
        return {run.record.node: [run.record.cached, ids(run.outputs)] for run in runs}

    def look_up(self, pipeline):
        """Does the same in a process that can't load TensorFlow, as far as the cache goes."""
        path = self.folder / "pipeline.pb"
        path.write_bytes(pipeline.SerializeToString())
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path), self.address],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        answer = json.loads(done.stdout.splitlines()[-1])
        assert answer["heavy"] == []
        return answer["found"]


def ids(outputs):
    return {key: [artifact.id for artifact in found] for key, found in outputs.items()}


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_it_takes_what_tfx_takes(site):
    ran = site.launch(site.pipeline("1"), "Draw", "Look")
    cached = site.launch(site.pipeline("2"), "Draw", "Look")
    assert [one[0] for one in ran.values()] == [False, False]
    assert [one[0] for one in cached.values()] == [True, True]
    assert site.look_up(site.pipeline("3")) == cached
    # What was found there is an execution like any other: TFX goes on from it.
    assert site.launch(site.pipeline("3"), "Draw", "Look") == cached


@pytest.mark.parametrize(("changed", "taken"), [({"count": 2}, []), ({"source": "b"}, ["Draw"])])
def test_what_is_not_in_the_cache_is_left_to_tfx_as_if_nobody_had_looked(site, changed, taken):
    site.launch(site.pipeline("1"), "Draw", "Look")
    pipeline = site.pipeline("2", **changed)
    assert list(site.look_up(pipeline)) == taken
    left = [node for node in ("Draw", "Look") if node not in taken]
    ran = site.launch(pipeline, *left)
    assert ran[left[0]][0] is False
    # Not two executions of one node, of which one failed.
    import ml_metadata

    states = [
        one.last_known_state
        for one in ml_metadata.MetadataStore(connection(site.address)).get_executions()
    ]
    assert len(states) == 4 and ml_metadata.proto.Execution.FAILED not in states
