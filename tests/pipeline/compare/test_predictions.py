from dataclasses import replace

from pipeline.compare.predictions import load_predictions, pooled, save_predictions

CLASSES = ("COVID", "NORMAL", "PNEUMONIA, viral")


def same(one, other):
    return all(
        (a == b) if isinstance(a, tuple) else (a == b).all()
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_the_file_gives_back_every_digit(make_answers, tmp_path):
    strange = ("caf\udce9, a.png", *make_answers(1.0).filenames[1:])
    first, second = replace(make_answers(1.0), filenames=strange), make_answers(2.0, seed=1)
    path = tmp_path / "predictions.csv"
    save_predictions(path, CLASSES, [("one", first), ("two", second)])
    classes, found = load_predictions(path)
    assert classes == CLASSES and list(found) == ["one", "two"]
    assert same(found["one"], first) and same(found["two"], second)


def test_pooled_folds_are_the_whole(make_answers):
    answers = make_answers(1.0, folds=2)
    halves = [answers.take([n for n, f in enumerate(answers.folds) if f == i]) for i in (1, 2)]
    assert (pooled(halves).matrix() == answers.matrix()).all()
    assert sorted(pooled(halves).filenames) == sorted(answers.filenames)
