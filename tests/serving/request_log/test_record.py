import io
import json
from datetime import datetime, timedelta, timezone

import pytest
from PIL import Image

from components.imaging.images import ReadImage, read_image
from serving.protocol.prediction import Prediction
from serving.request_log.record import LogRecord, logged_image

PREDICTION = Prediction(
    "/ward/Mary_Smith.dcm",
    version=3,
    probabilities={"a": 0.7, "b": 0.3},
    label="a",
    uncertain=False,
    out_of_distribution=True,
)


@pytest.fixture
def encoded():
    buffer = io.BytesIO()
    Image.new("L", (40, 30), 100).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_line_has_the_prediction_and_no_name_of_the_file(encoded):
    facts = logged_image(encoded, read_image(encoded))
    noon = datetime(2026, 11, 28, 12, tzinfo=timezone(timedelta(hours=2)))
    line = LogRecord("lungs", PREDICTION, facts, latency=0.0123).line(noon)
    values = json.loads(line)
    assert b"Smith" not in line and line.count(b"\n") == 1
    assert values["time"] == "2026-11-28T10:00:00.000+00:00"
    assert (values["model"], values["version"], values["label"]) == ("lungs", 3, "a")
    assert values["probabilities"] == {"a": 0.7, "b": 0.3}
    assert (values["uncertain"], values["out_of_distribution"]) == (False, True)
    assert values["latency_ms"] == 12.3
    assert (values["format"], values["width"], values["height"]) == ("PNG", 40, 30)
    assert (values["mean"], values["std"]) == (100.0, 0.0)


def test_tags_of_the_patient_are_not_kept():
    tags: dict[str, str | int] = {"manufacturer": "GE", "view": "AP", "sex": "F", "age": 71}
    read = ReadImage(b"", Image.new("L", (1, 1)), "DICOM", 1, 1, 0.0, 0.0, tags, "P-17")
    assert logged_image(b"", read).tags == {"manufacturer": "GE", "view": "AP"}
