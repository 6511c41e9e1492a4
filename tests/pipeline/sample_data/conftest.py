from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.sample_data import Film, SampleData, plan_films, write_sample_data

ARGUMENTS = {"patients_per_class": 15, "seed": 3, "size": 40}


@dataclass(frozen=True)
class Drawn:
    """A data set on disk: its folder, what was reported, the films it was drawn from."""

    root: Path
    report: SampleData
    films: list[Film]
    seed: int = ARGUMENTS["seed"]

    def of_format(self, kind: str) -> list[Film]:
        found = [film for film in self.films if film.format == kind]
        assert found
        return found


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    root = tmp_path_factory.mktemp("sample") / "images"
    return Drawn(root, write_sample_data(root, **ARGUMENTS), plan_films(**ARGUMENTS))
