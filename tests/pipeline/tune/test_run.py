"""What is checked before a search; tests/end_to_end/test_tune.py searches."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from components.runtime.errors import RecipeError
from pipeline.home import Home
from pipeline.sample_data import write_sample_data
from pipeline.tune.run import parse_options, tune


def test_options_of_the_space():
    given = ["model.dropout=0.1,0.3", " training.learning_rate = 1e-4..1e-2:log"]
    assert parse_options(given) == {
        "model.dropout": "0.1,0.3",
        "training.learning_rate": "1e-4..1e-2:log",
    }


@pytest.mark.parametrize("option", ["model.dropout", "=0.1,0.3", "model.dropout="])
def test_an_option_of_another_form_is_refused(option):
    with pytest.raises(RecipeError, match=r"--space takes section\.key=values"):
        parse_options([option])


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("tuned.txt", r"name of a \.yaml file"),
        ("nowhere/tuned.yaml", r"no folder .*nowhere'\. Create it"),
    ],
)
def test_a_file_that_can_not_be_written_is_refused_before_the_search(tmp_path, out, reason):
    films, home = tmp_path / "films", Home(tmp_path / "home")
    write_sample_data(films, patients_per_class=12, size=32)
    with pytest.raises(RecipeError, match=reason):
        tune(
            "quickstart",
            ["data.min_per_split=1"],
            str(films),
            [],
            1,
            Path(tmp_path, out),
            home,
            Console(file=io.StringIO()),
            "medtfx tune",
        )
    assert not home.root.exists()
