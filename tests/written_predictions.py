"""Predictions that are written down, not made by a model."""

import numpy as np

from components.gate.predictions import Predictions

ABC = ("COVID", "NORMAL", "PNEUMONIA")


def predictions(classes=ABC, of_each=30, kind="random", absent=(), features=("site",)):
    generator = np.random.default_rng(3)
    present = [index for index, name in enumerate(classes) if name not in absent]
    labels = np.repeat(present, of_each).astype(np.int64)
    logits = generator.normal(0, 1, (len(labels), len(classes)))
    logits[np.arange(len(labels)), labels] += 1.5
    if kind != "random":
        logits[:] = 0
        logits[np.arange(len(labels)), labels if kind == "perfect" else 0] = 5
    odds = np.exp(logits)
    numbers = range(len(labels))
    return Predictions(
        classes=tuple(classes),
        filenames=tuple(f"{classes[label]}/{n}.png" for n, label in enumerate(labels)),
        patients=tuple(f"patient {n // 2}" for n in numbers),
        labels=labels,
        probabilities=(odds / odds.sum(-1, keepdims=True)).astype(np.float32),
        uncertain=(odds / odds.sum(-1, keepdims=True)).max(-1) < 0.5,
        out_of_distribution=np.arange(len(labels)) % 30 == 7,
        features={
            name: tuple("abc"[n % 3] if n % 7 else None for n in numbers) for name in features
        },
    )
