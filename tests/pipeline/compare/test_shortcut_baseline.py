import numpy as np

from components.data_audit.checks.shortcut_model import ImageFacts
from pipeline.compare.shortcut_baseline import predict_by_shortcuts

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")


def facts(widths: list[int], formats: list[str]) -> list[ImageFacts]:
    return [
        ImageFacts(width, 100, name, 120.0, 60.0)
        for width, name in zip(widths, formats, strict=True)
    ]


def test_a_size_that_gives_the_class_away_is_found():
    known = facts([100, 102, 300, 302] * 5, ["PNG"] * 20)
    labels = ["COVID", "COVID", "NORMAL", "NORMAL"] * 5
    found = predict_by_shortcuts(known, labels, facts([101, 301], ["PNG", "PNG"]), CLASSES)
    assert found.argmax(-1).tolist() == [0, 1]
    assert (found[:, 2] == 0).all()  # a class that it never saw
    assert np.allclose(found.sum(-1), 1)


def test_so_is_a_format_and_an_unknown_one_says_nothing():
    known = facts([100] * 20, ["PNG", "JPEG"] * 10)
    labels = ["PNEUMONIA", "NORMAL"] * 10
    tested = facts([100] * 3, ["JPEG", "PNG", "DICOM"])
    found = predict_by_shortcuts(known, labels, tested, CLASSES)
    assert found[:2].argmax(-1).tolist() == [1, 2]
    assert np.isclose(found[2, 1], found[2, 2])


def test_a_size_that_says_nothing_about_the_class_gives_chance():
    generator = np.random.default_rng(0)
    widths = generator.integers(90, 110, 400).tolist()
    labels = [CLASSES[n % 3] for n in range(400)]
    known, tested = facts(widths[:300], ["PNG"] * 300), facts(widths[300:], ["PNG"] * 100)
    found = predict_by_shortcuts(known, labels[:300], tested, CLASSES).argmax(-1)
    right = np.mean([CLASSES[a] == label for a, label in zip(found, labels[300:], strict=True)])
    assert 0.15 < right < 0.5
