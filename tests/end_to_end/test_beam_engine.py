"""On an engine with workers in processes of their own, a run makes what it makes in one process."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from components.nodes import BEAM_NODES
from pipeline.home import Home
from tests.doubles.beam_engine import beam_engine, jobs_run
from tests.end_to_end.conftest import Machine

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1800)]


class OnEngine:
    """The machine's data and patient key in a second home, after a run on Prism."""

    def __init__(self, machine: Machine, folder: Path):
        self.machine = replace(machine, home=Home.at(str(folder / "home")))
        self.temporary = folder / "tmp"
        for new in (self.machine.home.root, self.temporary):
            new.mkdir()
        shutil.copy(machine.home.root / "patient.key", self.machine.home.root)
        environment = {**machine.environment, "TMPDIR": str(self.temporary)}
        with beam_engine(environment, folder) as options, pytest.MonkeyPatch.context() as patch:
            patch.setenv("TMPDIR", str(self.temporary))
            words = [word for option in options for word in ("--beam-arg", option)]
            self.output = self.machine.medtfx([*self.machine.run_command(), *words])
            self.jobs = jobs_run(folder)


@pytest.fixture(scope="module")
def engine(machine, tmp_path_factory):
    return OnEngine(machine, tmp_path_factory.mktemp("engine"))


def records(machine: Machine, node: str, output: str) -> dict[str, list]:
    """Returns split → its examples, in the order of their bytes."""
    import tensorflow as tf

    return {
        split.name: sorted(
            tf.data.TFRecordDataset(
                sorted(map(str, split.glob("*.gz"))), "GZIP"
            ).as_numpy_iterator()
        )
        for split in machine.latest(node, output).glob("Split-*")
    }


def transformed(machine: Machine) -> dict[str, tuple]:
    """Returns file name → the features of its transformed example, mean and std of all pixels."""
    import tensorflow as tf

    found = {}
    for examples in records(machine, "Transform", "transformed_examples").values():
        for example in map(tf.train.Example.FromString, examples):
            moments = [
                example.features.feature.pop(name).float_list.value[0]
                for name in ("pixel_mean", "pixel_std")
            ]
            name = example.features.feature["filename"].bytes_list.value[0]
            found[name] = (example.SerializeToString(deterministic=True), *moments)
    return found


def test_every_node_on_beam_was_a_job_of_the_engine(engine):
    assert engine.jobs >= len(BEAM_NODES)


def test_the_examples_are_the_same(engine, machine):
    there, here = (records(one, "ImageExampleGen", "examples") for one in (engine.machine, machine))
    assert there == here
    assert sum(map(len, here.values())) > 200


def test_the_transformed_examples_are_the_same_but_for_the_order_of_a_sum(engine, machine):
    """The mean of all pixels is a sum of many workers."""
    there, here = (transformed(one) for one in (engine.machine, machine))
    assert there.keys() == here.keys()
    for name, (others, *moments) in here.items():
        assert there[name][0] == others
        assert there[name][1:] == pytest.approx(moments, rel=1e-6)


@pytest.mark.parametrize("name", ["quarantine.csv", "notes.csv"])
def test_the_quarantine_is_the_same(engine, machine, name):
    there, here = (
        sorted(one.latest("ImageExampleGen", "quarantine").joinpath(name).read_text().splitlines())
        for one in (engine.machine, machine)
    )
    assert there == here


def test_the_statistics_are_the_same(engine, machine):
    import tensorflow_data_validation as tfdv

    def counts(one: Machine) -> dict:
        file = one.latest("StatisticsGen", "statistics") / "Split-train" / "FeatureStats.pb"
        (data,) = tfdv.load_stats_binary(str(file)).datasets
        return {
            feature.path.step[0]: (
                feature.WhichOneof("stats"),
                pytest.approx(feature.num_stats.mean, rel=1e-9),
                feature.string_stats.unique,
            )
            for feature in data.features
        }

    assert counts(engine.machine) == counts(machine)


def test_the_audit_is_the_same(engine, machine):
    there, here = (
        one.latest("DataAudit", "audit").joinpath("audit.json").read_text()
        for one in (engine.machine, machine)
    )
    assert there == here


def test_the_verdict_is_the_same(engine, machine):
    there, here = (one.last_record() for one in (engine.machine, machine))
    assert there.blessed and here.blessed
    assert there.sentence == here.sentence


def test_tfx_packs_nothing_for_the_workers(engine):
    assert not list(engine.temporary.glob("*/build/tfx"))
