"""Does the bound of a cross-validation hold what it is said to hold?

    .venv/bin/python benchmarks/fold_coverage.py [--draws 2000]

A table in Markdown for docs/explanation/gate.md. In each draw as many patients of either class, one
image each, come from two normal distributions. A linear discriminant (Fisher's, with the pooled
covariance) is trained for each of five folds and predicts the fold. The true recall of such a
classifier is known exactly. So it is counted how often it is at least the lower bound of the pooled
predictions: that of the fold models on average, that of the model trained on all images, and that
of the procedure, which is the mean over all draws of the model trained on all.
"""

import argparse
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from components.uncertainty.clustered import clustered_interval

FOLDS = 5
PATIENTS = (20, 50, 100, 300)
# Features, and distance of the classes: few and clear, or so many that the training matters.
TASKS = ((2, 2.5), (10, 2.5), (30, 4.0))
Floats = NDArray[np.float64]


def discriminant(positive: Floats, negative: Floats) -> tuple[Floats, float]:
    """Returns weights and threshold of Fisher's discriminant of two classes [n, features]."""
    centred = np.concatenate([positive - positive.mean(0), negative - negative.mean(0)])
    covariance = centred.T @ centred / (len(centred) - 2)
    weights = np.linalg.solve(covariance, positive.mean(0) - negative.mean(0))
    return weights, float(weights @ (positive.mean(0) + negative.mean(0)) / 2)


def true_recall(weights: Floats, threshold: float, mean: Floats) -> float:
    """Returns the share of all positive cases, N(mean, 1), that are above the threshold."""
    place = (weights @ mean - threshold) / np.linalg.norm(weights)
    return (1 + math.erf(place / math.sqrt(2))) / 2


def draw(
    patients: int, features: int, distance: float, generator: np.random.Generator
) -> tuple[int, float, float]:
    """Returns hits of the fold models, their true recall, and that of the model of all."""
    mean = np.zeros(features)
    mean[0] = distance
    positive = generator.standard_normal((patients, features)) + mean
    negative = generator.standard_normal((patients, features))
    fold = np.arange(patients) % FOLDS
    hits, recalls = 0, []
    for number in range(FOLDS):
        seen = fold != number
        weights, threshold = discriminant(positive[seen], negative[seen])
        hits += int((positive[~seen] @ weights > threshold).sum())
        recalls.append(true_recall(weights, threshold, mean))
    last = true_recall(*discriminant(positive, negative), mean)
    return hits, float(np.mean(recalls)), last


def coverage(draws: int) -> Iterator[str]:
    """Yields the table."""
    yield "| patients | features | recall | fold models | model of all | procedure |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for patients in PATIENTS:
        for features, distance in TASKS:
            generator = np.random.default_rng([patients, features])
            found = [draw(patients, features, distance, generator) for _ in range(draws)]
            hits, of_folds, of_all = np.array(found).T
            of_patients = (np.arange(patients) < hits[:, None]).astype(np.int64)
            low, _ = clustered_interval(of_patients, np.ones_like(of_patients))
            mean = of_all.mean()
            shares = (f"{100 * np.mean(one >= low):.1f}" for one in (of_folds, of_all, mean))
            yield f"| {patients} | {features} | {mean:.2f} | {' | '.join(shares)} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2_000)
    for line in coverage(parser.parse_args().draws):
        print(line, flush=True)


if __name__ == "__main__":
    main()
