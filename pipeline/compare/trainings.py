"""Trains every recipe in every fold, through the pipeline and its cache."""

import json
import logging
import os
import time
import traceback
from typing import Any

from components.artifacts import HISTORY_FILE
from components.network.weights import check_available
from components.recipe.data import Fold
from components.runtime.errors import MedtfxError
from pipeline.compare.candidates import Candidate, fold_of
from pipeline.compare.display import TrainingsDisplay
from pipeline.compare.exported_model import Exported, image_facts
from pipeline.compare.outcome import Outcome, Round
from pipeline.compare.predictions import Predictions
from pipeline.compare.shortcut_baseline import predict_by_shortcuts
from pipeline.dag.training import build_training
from pipeline.paths import PipelinePaths
from pipeline.runs.execution import outputs_by_node, run_nodes
from pipeline.runs.runner import NodeRun
from pipeline.runs.session import RunSession

# One name for all comparisons, so that they share the cache; no recipe can have it.
PIPELINE = "medtfx_compare"


class Trainings:
    """The trainings of a comparison.

    Args:
        candidates: the recipes.
        base: the data folder.
        paths: where artifacts and metadata go.
        rounds: number of folds; 0 for the recipes' own splits.
        session: of the comparison.
    """

    def __init__(
        self,
        candidates: list[Candidate],
        base: str,
        paths: PipelinePaths,
        rounds: int,
        session: RunSession,
    ):
        self.outcomes = [Outcome(candidate) for candidate in candidates]
        self.shortcuts: list[Predictions] = []
        self._base, self._paths, self._rounds, self._session = base, paths, rounds, session
        self._classes = candidates[0].recipe.data.classes

    def run(self, display: TrainingsDisplay) -> None:
        """Runs all trainings; a recipe that fails is left out of the later folds."""
        for number in range(1, max(1, self._rounds) + 1):
            fold = fold_of(self._rounds, number)
            examples = ""
            for outcome in self.outcomes:
                examples = self._try(outcome, fold, display) or examples
            if examples:
                self.shortcuts.append(self._by_shortcuts(examples, fold))

    def _try(self, outcome: Outcome, fold: Fold | None, display: TrainingsDisplay) -> str:
        """Returns the URI of the Examples, or '' where the recipe has failed."""
        name = outcome.candidate.name
        display.training_started(name, fold)
        if outcome.failure:
            display.training_skipped()
            return ""
        start = time.monotonic()
        try:
            node_runs = self._train(outcome.candidate, fold, display)
            trained, examples = self._test(node_runs, fold)
        except MedtfxError as error:
            traceback.print_exc()
            outcome.failure = str(error)
            display.training_failed(outcome.failure)
            return ""
        outcome.rounds.append(trained)
        cached = all(run.record.cached for run in node_runs)
        display.training_finished(time.monotonic() - start, cached, trained.predictions.matrix())
        return examples

    def _train(
        self, candidate: Candidate, fold: Fold | None, display: TrainingsDisplay
    ) -> list[NodeRun]:
        recipe = candidate.in_fold(fold)
        check_available(recipe.model, recipe.data.image_size)
        pipeline = build_training(recipe, self._base, self._paths, PIPELINE)
        run_id = f"{self._session.run_id}-{fold.number if fold else 0}-{candidate.name}"
        return run_nodes(pipeline, run_id, display, self._session.log)

    def _test(self, node_runs: list[NodeRun], fold: Fold | None) -> tuple[Round, str]:
        outputs = outputs_by_node(node_runs)
        (model,), (run,) = outputs["Trainer"]["model"], outputs["Trainer"]["model_run"]
        (examples,) = outputs["ImageExampleGen"]["examples"]
        number = fold.number if fold else 0
        # TensorFlow warns on each load of variables that the export leaves out on purpose.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        exported = Exported(model.uri)
        tested = Round(
            fold=number,
            predictions=exported.predict(examples.uri, "test", self._classes, number),
            seconds=_seconds_of(model.id, self._paths.metadata),
            history=_history(run.uri),
            cost=exported.cost(examples.uri),
        )
        return tested, examples.uri

    def _by_shortcuts(self, examples: str, fold: Fold | None) -> Predictions:
        """Returns predictions for the test images from size, format and grey level alone."""
        known, labels = image_facts(examples, ["train", "eval"])
        of_test, _ = image_facts(examples, ["test"])
        probabilities = predict_by_shortcuts(known, labels, of_test, self._classes)
        number = fold.number if fold else 0
        tested = next(
            trained.predictions
            for outcome in self.outcomes
            for trained in outcome.rounds
            if trained.fold == number
        )
        return Predictions(
            tested.filenames, tested.patients, tested.folds, tested.labels, probabilities
        )


def _history(model_run: str) -> dict[str, list[dict[str, float]]]:
    from tfx.dsl.io import fileio

    with fileio.open(os.path.join(model_run, HISTORY_FILE), "r") as file:
        return dict(json.loads(file.read()))


def _seconds_of(artifact: int, connection: Any) -> float:
    """Returns how long the execution that made an artifact took, in this run or an earlier one."""
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration import metadata

    with metadata.Metadata(connection) as handle:
        events = handle.store.get_events_by_artifact_ids([artifact])
        made = [e.execution_id for e in events if e.type == metadata_store_pb2.Event.OUTPUT]
        # Executions that took it from the cache also have it as their output.
        (execution,) = handle.store.get_executions_by_id([min(made)])
    took = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return float(took) / 1e3
