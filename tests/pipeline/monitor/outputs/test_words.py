from dataclasses import replace

from pipeline.monitor.outputs import words


def of(found, name):
    return next(finding for finding in found.findings if finding.name == name)


def test_the_sentence_names_what_raised_the_alarm(quiet, alarmed, truth):
    assert words.sentence(quiet).startswith("Quiet: ")
    assert words.sentence(alarmed).startswith("ALARM: contrast: median ")
    both = words.sentence(alarmed, truth)
    assert "contrast" in both and "recall of ill is " in both and "the floor of 0.80" in both
    assert words.sentence(quiet, truth).startswith("ALARM: recall of ill")


def test_changes_of_each_kind(quiet):
    shares = replace(
        of(quiet, "predicted classes"),
        before={"ill": 0.4, "well": 0.6},
        now={"ill": 0.1, "well": 0.6, "new": 0.3},
    )
    assert words.change(shares) in ("40.0% → 10.0% ill", "0.0% → 30.0% new")
    rate = replace(of(quiet, "uncertain"), before={"share": 0.05}, now={"share": 0.125})
    assert words.change(rate) == "5.0% → 12.5%"
    recall = replace(
        of(quiet, "estimated recall of ill"), before={"recall": 0.9}, now={"recall": 0.85}
    )
    assert words.change(recall) == "0.900 → 0.850"
    assert words.change(replace(recall, now={"recall": float("nan")})) == "0.900 → -"
    size = replace(of(quiet, "size"), before={"median": 1e6}, now={"median": 0.25})
    assert words.change(size) == "median 1,000,000 → 0.250"


def test_effects_name_their_measure(quiet):
    effects = {
        name: words.effect(replace(of(quiet, name), effect=0.1234))
        for name in ("predicted classes", "contrast", "uncertain")
    }
    assert effects == {
        "predicted classes": "V 0.123",
        "contrast": "D 0.123",
        "uncertain": "change +0.123",
    }


def test_notes_tell_of_the_log_and_the_reference(quiet, alarmed):
    notes = list(words.notes(replace(quiet, predictions=400)))
    assert notes[0].startswith("50.0% of the predictions repeat an image")
    assert "In the log, broken line: 2 (left out)." in notes
    assert "In the log, clock went back: 1." in notes
    assert not any("folds" in note for note in notes)
    assert any("models of the folds" in note for note in words.notes(alarmed))


def test_the_rate_in_words(quiet):
    assert words.rate(quiet).endswith("raise about 1 false alarm a year.")
    twice = replace(quiet, settings=replace(quiet.settings, false_alarms=2.0))
    assert words.rate(twice) == (
        "run every 7 days, all checks together raise about 2 false alarms a year."
    )
