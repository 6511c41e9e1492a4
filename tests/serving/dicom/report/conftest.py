"""A study of four images: relied on, uncertain, outside, not answered.

study     the four results; `study(name=...)` sets tags of all images
report    its objects, with heatmaps and presentation states, as read from their files
check     runs dciodvfy on a file, and returns its errors
"""

from datetime import datetime

import numpy as np
import pytest
from pydicom import dcmread

from components.recipe.dicom_report import Code, DicomReport
from serving.dicom.report.instance_result import InstanceResult
from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.study_report import study_report
from serving.protocol.prediction import Prediction
from tests.serving.dicom.images import chest_image, dciodvfy_errors, written

MODEL = ModelIdentity("chest", 3, "a" * 64)
SETTINGS = DicomReport(
    findings={"COVID": Code(value="840539006", scheme="SCT", meaning="COVID-19")},
    secondary_capture=True,
    presentation_state=True,
)
TEXT_ALONE = SETTINGS.model_copy(update={"secondary_capture": False, "presentation_state": False})
MADE_AT = datetime(2026, 3, 2, 9, 8, 7)
HEATMAP = np.zeros((8, 6), np.float32)
HEATMAP[2:4, 3:6] = 1


def answer(
    label: str = "COVID", uncertain: bool = False, out_of_distribution: bool = False
) -> Prediction:
    shares = {"COVID": 0.9, "Normal": 0.1} if label == "COVID" else {"COVID": 0.1, "Normal": 0.9}
    return Prediction("x", 3, shares, label, uncertain, out_of_distribution, HEATMAP)


@pytest.fixture
def study(tmp_path):
    def make(**tags):
        answers = (
            answer(),
            answer(uncertain=True),
            answer(uncertain=True, out_of_distribution=True),
            None,
        )
        return [
            InstanceResult(
                written(chest_image(number, **tags), tmp_path / f"{number}.dcm"),
                prediction,
                None if prediction else "a lateral view, and the model knows frontal ones",
            )
            for number, prediction in enumerate(answers, 1)
        ]

    return make


@pytest.fixture
def report(study, tmp_path):
    def make(model=MODEL, settings=SETTINGS, made_at=MADE_AT, results=None, **tags):
        objects = study_report(results or study(**tags), model, settings, made_at)
        files = [tmp_path / f"object{number}.dcm" for number in range(len(objects))]
        for dataset, file in zip(objects, files, strict=True):
            dataset.save_as(file, enforce_file_format=True)
        return [dcmread(file) for file in files]

    return make


@pytest.fixture
def check():
    return dciodvfy_errors
