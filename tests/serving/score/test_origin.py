from dataclasses import replace

import pytest

from serving.score.errors import ScoreError
from serving.score.origin import check_same, load, path_of, save


def test_it_comes_back_as_it_was(origin, tmp_path):
    save(origin, tmp_path / "a.csv")
    assert load(tmp_path / "a.csv") == origin
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv.json"]


@pytest.mark.parametrize("content", [None, "", "{}", '{"model": "m", "version": "x"}', "[]"])
def test_without_it_rows_are_of_nobody(tmp_path, content):
    csv = tmp_path / "a.csv"
    if content is not None:
        path_of(csv).write_text(content)
    with pytest.raises(ScoreError, match=r"a\.csv\.json .*missing or broken.*--restart"):
        load(csv)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"model": "other"}, "Name --model tiny"),
        ({"version": 3}, r"version 3 would answer now. Go on with --version 2, or .*--restart"),
        ({"classes": ("dark",)}, "of the classes dark, bright"),
    ],
)
def test_two_models_do_not_mix(origin, tmp_path, change, remedy):
    check_same(origin, replace(origin), tmp_path / "a.csv")
    with pytest.raises(ScoreError, match=remedy):
        check_same(origin, replace(origin, **change), tmp_path / "a.csv")
