import numpy as np

from pipeline.compare.shortcut_baseline import ShortcutTable, predict_by_shortcuts, shortcut_numbers

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")


def table(widths: list[int], formats: list[str]) -> ShortcutTable:
    rows = [shortcut_numbers(width, 100, 5_000, 120.0, 60.0) for width in widths]
    return ShortcutTable(np.array(rows), tuple(formats))


def test_a_size_that_tells_the_class_is_found_out():
    known = table([100, 102, 300, 302] * 5, ["PNG"] * 20)
    labels = ["COVID", "COVID", "NORMAL", "NORMAL"] * 5
    answers = predict_by_shortcuts(known, labels, table([101, 301], ["PNG", "PNG"]), CLASSES)
    assert answers.argmax(-1).tolist() == [0, 1]
    assert (answers[:, 2] == 0).all()  # a class that it never saw
    assert np.allclose(answers.sum(-1), 1)


def test_a_format_tells_too_and_an_unknown_one_does_no_harm():
    known = table([100] * 20, ["PNG", "JPEG"] * 10)
    labels = ["PNEUMONIA", "NORMAL"] * 10
    asked = table([100] * 3, ["JPEG", "PNG", "DICOM"])
    answers = predict_by_shortcuts(known, labels, asked, CLASSES)
    assert answers[:2].argmax(-1).tolist() == [1, 2]
    assert np.isclose(answers[2, 1], answers[2, 2])


def test_what_does_not_tell_the_class_gives_chance():
    generator = np.random.default_rng(0)
    widths = generator.integers(90, 110, 400).tolist()
    labels = [CLASSES[n % 3] for n in range(400)]
    known, asked = table(widths[:300], ["PNG"] * 300), table(widths[300:], ["PNG"] * 100)
    answers = predict_by_shortcuts(known, labels[:300], asked, CLASSES).argmax(-1)
    right = np.mean([CLASSES[a] == label for a, label in zip(answers, labels[300:], strict=True)])
    assert 0.15 < right < 0.5
