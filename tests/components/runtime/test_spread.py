from pathlib import Path

import apache_beam as beam
import pytest

from components.runtime.spread import spread


class Touch(beam.DoFn):
    """Writes a file for each item."""

    def setup(self) -> None:
        self.word = "done"

    def process(self, item: str) -> None:
        Path(item).write_text(self.word)


@pytest.mark.parametrize("on_engine", [False, True])
def test_each_item_is_processed_after_the_setup(tmp_path, on_engine):
    items = [str(tmp_path / name) for name in "abc"]
    spread(Touch(), items, beam.Pipeline, on_engine)
    assert [Path(item).read_text() for item in items] == ["done"] * 3


def test_here_beam_is_not_asked(tmp_path):
    def refuse():
        raise AssertionError("a pipeline was made")

    spread(Touch(), [str(tmp_path / "a")], refuse, on_engine=False)
    with pytest.raises(AssertionError, match="a pipeline was made"):
        spread(Touch(), [str(tmp_path / "a")], refuse, on_engine=True)
