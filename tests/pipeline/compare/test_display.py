import io

import numpy as np
from rich.console import Console

from components.recipe.data import Fold
from components.runtime.progress import Progress
from pipeline.compare.display import TrainingsDisplay
from pipeline.runs.records import NodeRecord


def test_a_line_for_each_training_and_the_rest_on_the_live_line():
    text = io.StringIO()
    display = TrainingsDisplay(Console(file=text, width=60), 3)
    matrix = np.array([[9.0, 1.0], [0.0, 10.0]])
    with display:
        display.training_started("one", Fold(of=2, number=1))
        display.node_started("Trainer", 6, 6)
        display.node_finished(NodeRecord("Trainer", False, 3.0))
        display.training_finished(61.0, False, matrix)
        display.training_started("two [b]", Fold(of=2, number=1))
        display.training_failed("no weights")
        display.training_started("one", Fold(of=2, number=2))
        display.node_started("Transform", 5, 6)
        display.progressed(Progress(3, 9, "images"))
        assert display._line().plain.startswith(
            "  [3/3] fold 2/2  one · all: 61 s · [5/6] Transform 0 s · 3/9 images"
        )
        display.training_finished(0.2, True, matrix)
    assert text.getvalue().splitlines() == [
        "  [1/3] fold 1/2  one  61 s, balanced accuracy 0.950 on 20 images",
        "  [2/3] fold 1/2  two [b]  FAILED: no weights",
        "  [3/3] fold 2/2  one  from the cache, balanced accuracy 0.950 on 20 images",
    ]
