"""Does the gate's interval hold the true recall as often as it says?

    .venv/bin/python benchmarks/gate_coverage.py [--draws 5000]

Three tables, in Markdown, for docs/explanation/gate.md:

1. How often the 95 % interval holds the true recall, and how often the recall is at least the lower
   bound, when patients have 1, 1-3 or 1-20 images whose results are correlated within a patient
   (beta-binomial). Beside it Wilson's interval of the images, which takes them as independent.
2. The same for the difference of two models on the same images. A star: below 94 or above 97 %.
3. How often a retrained model passes the comparison with the model in use, in simulated
   retrainings, beside the power that `components.gate.feasibility` computes.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from components.gate.feasibility import comparison_power
from components.uncertainty.clustered import clustered_interval
from components.uncertainty.intervals import wilson_interval
from components.uncertainty.paired import paired_interval, tango_interval

PATIENTS = (30, 50, 100, 200, 500)
MOST_IMAGES = (1, 3, 20)
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
RECALLS = (0.7, 0.8, 0.9, 0.95)
Ints = NDArray[np.int64]


def sizes(patients: int, most: int, draws: int, generator: np.random.Generator) -> Ints:
    """Returns images of each patient, 1 to `most`, [draws, patients]."""
    return generator.integers(1, most + 1, (draws, patients))


def correlated(
    share: float, correlation: float, shape: tuple[int, ...], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Returns a probability for each patient: beta-binomial results then have that correlation."""
    if not correlation:
        return np.full(shape, share)
    total = (1 - correlation) / correlation
    return generator.beta(share * total, (1 - share) * total, shape)


def coverage(draws: int) -> Iterator[str]:
    """Yields the first table: coverage of the interval and its lower bound, and Wilson's."""
    yield "| patients | images each | correlation | holds | lower bound | images as independent |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for patients in PATIENTS:
        for most in MOST_IMAGES:
            for correlation in CORRELATIONS if most > 1 else (0.0,):
                yield _coverage_row(patients, most, correlation, draws)


def _coverage_row(patients: int, most: int, correlation: float, draws: int) -> str:
    generator = np.random.default_rng([patients, most, int(10 * correlation)])
    found = []
    for recall in RECALLS:
        cases = sizes(patients, most, draws, generator)
        hits = generator.binomial(cases, correlated(recall, correlation, cases.shape, generator))
        low, high = clustered_interval(hits, cases)
        old_low, old_high = wilson_interval(hits.sum(-1), cases.sum(-1))
        found.append(
            [
                np.mean((low <= recall) & (recall <= high)),
                np.mean(low <= recall),
                np.mean((old_low <= recall) & (recall <= old_high)),
            ]
        )
    return _row(
        patients, most, correlation, *(_range(values) for values in zip(*found, strict=True))
    )


def paired_coverage(draws: int) -> Iterator[str]:
    """Yields the second table: recalls of 0.9, 0.87 and 0.8 against 0.9."""
    yield "| patients | images each | correlation | holds | lower bound | images as independent |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for patients in PATIENTS:
        for most in MOST_IMAGES:
            for correlation in (0.0, 0.6) if most > 1 else (0.0,):
                yield _paired_row(patients, most, correlation, draws)


def _paired_row(patients: int, most: int, correlation: float, draws: int) -> str:
    generator = np.random.default_rng([patients, most, int(10 * correlation), 1])
    found = []
    for lost in (0.03, 0.06, 0.13):  # of all images; 0.03 are gained
        cases, one, other, both = pairs(0.03, lost, patients, most, correlation, draws, generator)
        low, high = paired_interval(one, other, both, cases)
        single = tango_interval((one - both).sum(-1), (other - both).sum(-1), cases.sum(-1))
        truth = 0.03 - lost
        found.append(
            [
                np.mean((low <= truth) & (truth <= high)),
                np.mean(low <= truth),
                np.mean((single[0] <= truth) & (truth <= single[1])),
            ]
        )
    return _row(
        patients, most, correlation, *(_range(values) for values in zip(*found, strict=True))
    )


def pairs(
    gained: float,
    lost: float,
    patients: int,
    most: int,
    correlation: float,
    draws: int,
    generator: np.random.Generator,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Returns images, right by one model, by the other and by both, each [draws, patients].

    The shares of a patient follow a Dirichlet distribution, so that results are correlated.
    """
    shares = np.array([gained, lost, 0.9 - lost, 0.1 - gained])
    cases = sizes(patients, most, draws, generator)
    if correlation:
        total = (1 - correlation) / correlation
        gamma = generator.gamma(shares * total, size=(*cases.shape, 4)) + 1e-300
        of_patient = gamma / gamma.sum(-1, keepdims=True)
    else:
        of_patient = np.broadcast_to(shares, (*cases.shape, 4))
    counts = generator.multinomial(cases, of_patient)
    both = counts[..., 2]
    return cases, both + counts[..., 0], both + counts[..., 1], both


def retrainings(draws: int) -> Iterator[str]:
    """Yields the third table: retrained models of the same recall, and a little worse."""
    yield "| patients | images each | loss | margin | passes | computed |"
    yield "|---:|---:|---:|---:|---:|---:|"
    generator = np.random.default_rng(5)
    for patients, most in ((100, 1), (300, 1), (1000, 1), (100, 3)):
        for loss in (0.0, 0.01, 0.03):
            lost = 0.03 + loss
            cases, one, other, both = pairs(0.03, lost, patients, most, 0.5, draws, generator)
            low, _ = paired_interval(one, other, both, cases)
            computed = comparison_power(cases[0], gained=0.03, lost=lost, margin=0.05)
            yield _row(
                patients, most, loss, 0.05, f"{np.mean(low >= -0.05):.0%}", f"{computed:.0%}"
            )


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    mark = " *" if low < 0.94 or high > 0.97 else ""
    return f"{100 * low:.1f}-{100 * high:.1f}{mark}"


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5_000)
    draws = parser.parse_args().draws
    print(
        f"Lowest and highest of the recalls {', '.join(map(str, RECALLS))}; {draws} draws each.\n"
    )
    for table in (coverage(draws), paired_coverage(draws), retrainings(1_000)):
        for line in table:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
