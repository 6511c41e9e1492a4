import io
from dataclasses import replace

from rich.console import Console

from pipeline.lineage.model import ImageUse
from pipeline.lineage.tree import command_line, lineage_tree


def text_of(lineage):
    file = io.StringIO()
    Console(file=file, width=160).print(lineage_tree(lineage), highlight=False)
    return file.getvalue()


def test_the_tree_says_who_what_and_from_what(lineage):
    text = text_of(lineage)
    for line in (
        "chest/17: served",
        "run 20260102-030000 was started because: medtfx monitor of chest/9: ALARM",
        "approved 2026-01-02 by Dr. Ruiz (the [old] one)",
        "promote stable 2026-01-03 by Dr. Ono: 9 to 17",
        "a: recall 0.75 of 4 images, lower bound 0.30, floor 0.25 for the lower bound",
        "2 models were judged by these images",
        "1: covid, compare 20251230-010000, 2025-12-30",
        "9 test images predicted, 6 compared with the training, largest difference 2.0e-07",
        "images /data/my films, fingerprint 0123456789ab: 30 read, 1 unreadable, 20 taken over "
        "from an earlier run",
        "train 21: 10 a, 11 b",
        "training: epochs 3, schedule -",
        "20260101-010000  cafe",
    ):
        assert line in text


def test_the_command_can_be_pasted(lineage):
    assert lineage.command == (
        "medtfx run covid --data '/data/my films' --set training.epochs=3 "
        "--set 'data.patient={from: each_file}'"
    )
    assert command_line(lineage).endswith(lineage.command)
    own = replace(lineage, recipe_file="/site/my recipes/chest.yaml")
    assert own.command.startswith("medtfx run '/site/my recipes/chest.yaml' --data ")
    assert "--set are not known" in command_line(replace(lineage, overrides=None))


def test_what_is_gone_is_said(lineage):
    text = text_of(replace(lineage, gates=(), validation={}, state="deleted"))
    assert "no longer in /srv/models/chest/17" in text
    assert "the evaluation is gone" in text
    assert "not validated by serving it, or the result is gone" in text


def test_a_recipe_without_its_report_has_no_known_floor(lineage, make_gate):
    gates = (make_gate("a", floor=float("nan")),)
    text = text_of(replace(lineage, gates=gates, recipe={}))
    assert "lower bound 0.77, floor -\n" in text.replace(" \n", "\n")


def test_the_use_of_an_image_in_words(lineage):
    use = ImageUse("a/1.png", "test")
    assert use.sentence(lineage) == (
        "a/1.png: test of chest/17; the model was tested on it, and not trained on it."
    )
    left_out = ImageUse("a/2.png", None, "unreadable_file, truncated")
    assert left_out.sentence(lineage).endswith("not used for chest/17: unreadable_file, truncated")
    assert lineage.plain([use])["image"] == [{"file": "a/1.png", "split": "test", "reason": ""}]
