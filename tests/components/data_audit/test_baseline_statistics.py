"""Which statistics today's are compared with, in a real store of ML Metadata."""

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.components.evaluator import constants
from tfx.types import standard_artifacts

from components.data_audit.baseline_statistics import LatestBlessedStatistics


class Lineage:
    """Runs, each with its statistics and a model, as TFX files them."""

    def __init__(self, folder):
        config = proto.ConnectionConfig()
        config.fake_database.SetInParent()
        self.store = mlmd.MetadataStore(config)
        self._folder = folder
        self._run = self.store.put_context_type(proto.ContextType(name="pipeline_run"))
        self._type = self.store.put_artifact_type(proto.ArtifactType(name="Any"))
        self.statistics, self.blessings = [], []

    def artifact(self) -> int:
        (number,) = self.store.put_artifacts([proto.Artifact(type_id=self._type)])
        return number

    def run(self, blessed: bool, statistics=None, model: int | None = None):
        """Files a run; statistics or model of an earlier one are from the cache."""
        (context,) = self.store.put_contexts(
            [proto.Context(type_id=self._run, name=f"run-{len(self.blessings)}")]
        )
        if statistics is None:
            statistics = standard_artifacts.ExampleStatistics()
            statistics.mlmd_artifact.id = self.artifact()
            statistics.uri = str(self._folder / str(statistics.id))
            (self._folder / str(statistics.id)).mkdir()
            self.statistics.append(statistics)
        model = model or self.artifact()
        for number in (statistics.id, model):
            self.store.put_attributions_and_associations(
                [proto.Attribution(artifact_id=number, context_id=context)], []
            )
        blessing = standard_artifacts.ModelBlessing()
        blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
        blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model)
        self.blessings.append(blessing)
        return statistics, model

    def resolve(self, current):
        given = {
            "model_blessing": self.blessings,
            "statistics": self.statistics,
            "current": [current],
        }
        return LatestBlessedStatistics().resolve_artifacts(self.store, given)["statistics"]


@pytest.fixture
def lineage(tmp_path):
    return Lineage(tmp_path)


def test_those_of_the_latest_blessed_model(lineage):
    _, (blessed, _), _, (current, _) = (lineage.run(good) for good in (True, True, False, False))
    assert lineage.resolve(current) == [blessed]


def test_nothing_on_the_first_run_or_without_a_blessed_model(lineage):
    current, _ = lineage.run(False)
    assert lineage.resolve(current) == []
    another, _ = lineage.run(False)
    assert lineage.resolve(another) == []


def test_never_todays_own_though_a_repeated_run_is_all_cached(lineage):
    """Else the audit would run again, to compare the data with themselves."""
    earlier, _ = lineage.run(True)
    current, model = lineage.run(True)
    lineage.run(True, current, model)
    assert lineage.resolve(current) == [earlier]


def test_deleted_statistics_are_passed_over(lineage, tmp_path):
    older, _ = lineage.run(True)
    newer, _ = lineage.run(True)
    current, _ = lineage.run(False)
    (tmp_path / str(newer.id)).rmdir()
    assert lineage.resolve(current) == [older]
