"""Reads what the other nodes wrote, and runs the model on the test split if there is one."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tfx.dsl.io import fileio
from tfx.utils import path_utils

from components.artifacts import AUDIT_JSON, HISTORY_FILE, OUT_OF_FOLD
from components.gate.predictions import Predictions
from components.gate.results import load_results
from components.gate.split_images import SplitImages, stored_predictions
from components.imaging import quarantine
from components.recipe.data import SPLITS, DataSection
from components.recipe.evaluation import EvaluationSection
from components.run_report.content import Content, Material, Outcome
from components.run_report.counts import by_reason, count_splits
from components.run_report.environment import describe_environment
from components.run_report.gallery import Picture, choose_cases, draw
from components.uncertainty.summary import UNCERTAINTY_FILE, UncertaintySummary


@dataclass(frozen=True)
class Sources:
    """Where the report reads from.

    Attributes:
        recipe: plain values.
        model_name: under which the model is pushed.
        code: digest of the nodes' source.
        examples: folder of the raw Examples.
        out_of_fold: folder of the predictions of a cross-validation; '' without one.
        statistics: the artifact's folder.
        quarantine: the artifact's folder.
        audit: the artifact's folder.
        fingerprint: of the data.
        model: the artifact's folder.
        model_run: folder of the Trainer's logs.
        evaluation: the artifact's folder.
        outcome: of the run.
    """

    recipe: Mapping[str, Any]
    model_name: str
    code: str
    examples: str
    out_of_fold: str
    statistics: str
    quarantine: str
    audit: str
    fingerprint: str
    model: str
    model_run: str
    evaluation: str
    outcome: Outcome


def read_content(sources: Sources) -> Content:
    """Returns the content of the page."""
    data = DataSection.model_validate(sources.recipe["data"])
    evaluation = EvaluationSection.model_validate(sources.recipe["evaluation"])
    predictions, pictures = _judged(sources, data, evaluation)
    return Content(
        model=sources.model_name,
        recipe=sources.recipe,
        results=load_results(sources.evaluation, data.classes),
        predictions=predictions,
        pictures=pictures,
        history=json.loads(_text(sources.model_run, HISTORY_FILE) or "{}"),
        uncertainty=_uncertainty(sources.model_run),
        audit=json.loads(_text(sources.audit, AUDIT_JSON)),
        outcome=sources.outcome,
        material=Material(
            fingerprint=sources.fingerprint,
            splits=count_splits(sources.statistics, SPLITS),
            quarantine=by_reason(_quarantine(sources.quarantine)),
            code=sources.code,
            environment=describe_environment(),
        ),
    )


def _judged(
    sources: Sources, data: DataSection, evaluation: EvaluationSection
) -> tuple[Predictions, list[Picture]]:
    """Returns the predictions that decided, and pictures of some.

    The pictures of a cross-validation have no heatmaps: the models of the folds are gone, and the
    pushed one was trained on these images.
    """
    features = [name for name in evaluation.slices if name != "label"]
    if sources.out_of_fold:
        predictions = stored_predictions(
            _split(sources.out_of_fold, OUT_OF_FOLD), data.classes, features
        )
        files = [path for split in SPLITS for path in _split(sources.examples, split)]
        images, model = SplitImages(files, data.classes), None
    else:
        model = tf.saved_model.load(path_utils.serving_model_path(sources.model))
        images = SplitImages(_split(sources.examples, "test"), data.classes)
        predictions = images.predict(model, features)
    cases = choose_cases(predictions)
    return predictions, draw(cases, images.explain(model, {case.filename for case in cases}))


def _split(examples: str, name: str) -> list[str]:
    return fileio.glob(os.path.join(examples, f"Split-{name}", "*"))


def _uncertainty(folder: str) -> UncertaintySummary:
    text = _text(folder, UNCERTAINTY_FILE)
    return UncertaintySummary.from_json(text) if text else UncertaintySummary()


def _text(folder: str, name: str) -> str:
    """Returns the content of a file, '' where there is none."""
    path = os.path.join(folder, name)
    if not fileio.exists(path):
        return ""
    with fileio.open(path, "r") as file:
        return str(file.read())


def _quarantine(folder: str) -> list[quarantine.Quarantined]:
    with fileio.open(os.path.join(folder, quarantine.FILE_NAME), "r") as file:
        return quarantine.from_csv(file.read())
