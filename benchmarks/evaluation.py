"""What does the Evaluator cost over asking the model about the same images?

    .venv/bin/python benchmarks/evaluation.py [--images 1000 2000] [--rounds 2] [--json FILE]

A MobileNetV2 0.35 at 224 pixels is trained for one epoch on a fifth of the phantoms; most of the
others are the test split. In turns, each in a process of its own, imports not counted: the
Evaluator, with its metrics, slices, Wilson intervals and the verdict; and a plain loop that loads
the same SavedModel, asks it about the same Examples in batches of 32, and has scikit-learn report
on the answers.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ingest import clock, since
from phantoms import phantoms
from reporting import Figure, line, options, tell
from rich.console import Console
from rich.table import Table
from watched_process import watch
from watched_run import medtfx_run, recipe, write_recipe

from components.runtime.lean_imports import load_tensorflow

EVALUATOR, PLAIN = "Evaluator", "plain predict"
SPLIT = {"train": 0.2, "eval": 0.1, "test": 0.7}


# === What runs in processes of their own ===


def evaluator(recipe_file: str, folder: str, home: str) -> None:
    """Prints what the Evaluator takes; what comes before it is in the cache."""
    load_tensorflow()  # as `medtfx run` does
    from launched import Launched

    run = Launched(Path(recipe_file), Path(folder), Path(home))
    run.through("Baseline")
    started = clock()
    run.node(EVALUATOR, cache=False)
    print(json.dumps(since(started)))


def plain(home: str) -> None:
    """Prints what the same answers and a report on them take."""
    import numpy as np
    import tensorflow as tf
    from sklearn.metrics import classification_report, roc_auc_score

    artifacts = Path(home, "artifacts", "phantoms")
    (model,) = artifacts.glob("Trainer/model/*/Format-Serving")
    files = map(str, artifacts.glob("ImageExampleGen/examples/*/Split-test/*"))
    spec = {"label_index": tf.io.FixedLenFeature([], tf.int64)}
    started = clock()
    answer = tf.saved_model.load(str(model)).signatures["serve_examples"]
    truth, answers = [], []
    for batch in tf.data.TFRecordDataset(list(files), "GZIP").batch(32).prefetch(2):
        answers.append(answer(batch)["probabilities"].numpy())
        truth.append(tf.io.parse_example(batch, spec)["label_index"].numpy())
    labels, probabilities = np.concatenate(truth), np.concatenate(answers)
    print(classification_report(labels, probabilities.argmax(-1)), file=sys.stderr)
    print(roc_auc_score(labels, probabilities, multi_class="ovr"), file=sys.stderr)
    print(json.dumps({**since(started), "images": len(labels)}))


# === Measuring and telling ===


def measure(images: int, rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as home:
        file = write_recipe(recipe(epochs=1, split=SPLIT), home)
        medtfx_run(file, phantoms(images), home)
        rows = []
        for _ in range(rounds):
            asked = watch([__file__, "--plain", home])
            judged = watch([__file__, "--evaluator", file, phantoms(images), home])
            plain_took, evaluator_took = (
                json.loads(found.output.splitlines()[-1]) for found in (asked, judged)
            )
            test = plain_took.pop("images")
            rows += [
                {"images": test, "way": PLAIN, "peak": asked.peak, **plain_took},
                {"images": test, "way": EVALUATOR, "peak": judged.peak, **evaluator_took},
            ]
        return rows


def summarise(rows: list[dict[str, Any]]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for images in sorted({row["images"] for row in rows}):
        for what, name in (("seconds", "wall"), ("cpu", "CPU")):
            judged, asked = (
                [row[what] for row in rows if (row["images"], row["way"]) == (images, way)]
                for way in (EVALUATOR, PLAIN)
            )
            figures[f"{EVALUATOR} / {PLAIN}, {images} images, {name}"] = [
                one / another for one, another in zip(judged, asked, strict=True)
            ]
    if len({row["images"] for row in rows}) > 1:
        judged, asked = (
            line([row["images"] for row in own], [row["cpu"] for row in own])[1]
            for own in ([row for row in rows if row["way"] == way] for way in (EVALUATOR, PLAIN))
        )
        figures[f"{EVALUATOR} / {PLAIN}, each further image, CPU"] = judged / asked
    return figures


def main() -> None:
    chosen = options(__doc__, images=[1000, 2000], rounds=2)
    rows = [row for images in chosen.images for row in measure(images, chosen.rounds)]
    table = Table("test images", "way", "s", "CPU s", "peak MB", title="The same images")
    for row in rows:
        values = (f"{row[name]:.1f}" for name in ("seconds", "cpu", "peak"))
        table.add_row(str(row["images"]), row["way"], *values)
    Console(width=100).print(table)
    tell(chosen, summarise(rows), {}, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--evaluator"]:
        evaluator(*sys.argv[2:])
    elif sys.argv[1:2] == ["--plain"]:
        plain(sys.argv[2])
    else:
        main()
