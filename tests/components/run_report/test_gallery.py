import base64
import io

import numpy as np
from PIL import Image

from components.gate.split_images import Explained
from components.run_report.gallery import Case, choose_cases, draw


def test_each_class_shows_confident_mistakes_low_confidence_and_right_predictions(make_predictions):
    found = make_predictions()
    cases = choose_cases(found)
    names = [case.filename for case in cases]
    assert len(names) == len(set(names))
    patients = dict(zip(found.filenames, found.patients, strict=True))
    for label in range(3):
        for kind in ("wrong", "low confidence", "right"):
            group = [case for case in cases if (case.label, case.kind) == (label, kind)]
            assert 0 < len(group) <= 3
            assert len({patients[case.filename] for case in group}) == len(group)
        of_class = found.labels == label
        (surest, *_) = [c for c in cases if c.label == label and c.kind == "wrong"]
        assert surest.confidence == found.confidence[of_class & ~found.right].max()
        assert surest.predicted != label
        low = [c for c in cases if c.label == label and c.kind == "low confidence"]
        assert low[0].confidence == found.confidence[of_class].min()


def test_a_confident_model_has_no_image_of_low_confidence(make_predictions):
    cases = choose_cases(make_predictions(kind="perfect"))
    assert {case.kind for case in cases} == {"right"}


def test_the_heatmap_is_a_separate_layer_to_be_stretched_over_the_image():
    buffer = io.BytesIO()
    Image.new("L", (800, 400), 99).save(buffer, "PNG")
    heat = np.zeros((4, 4), np.float32)
    heat[1:3] = 1
    case = Case("right", 0, 0, 0.9, "a.png", 2)
    (picture,) = draw([case], {"a.png": Explained(buffer.getvalue(), heat)})
    layer = Image.open(io.BytesIO(base64.b64decode(picture.heat.partition(",")[2])))
    assert (picture.width, picture.height) == (320, 160)
    alpha = np.asarray(layer)[..., 3]
    assert alpha[layer.height // 2].min() == 255
    assert alpha[0].max() < 100
