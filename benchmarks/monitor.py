"""How often does the monitor raise a false alarm, and how soon does it see a shift?

    .venv/bin/python benchmarks/monitor.py [--hospitals 10] [--shifted 40] [--seed 0]

A simulated hospital: patients with one to four images that are alike, three classes, probabilities,
brightness, contrast, size, format and embeddings. Each model has a reference of its own, drawn from
the same hospital, and is then monitored week by week. Two tables, in Markdown, for
docs/explanation/monitor.md:

1. Quiet weeks, 52 of each model: how many raise an alarm. One a year is wanted, so ten models may
   raise about ten in 520 weeks.
2. For each shift: weeks until the first alarm, the median and the 90th percentile of many models.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.saved_model.embedding import SIZE
from pipeline.monitor.checks.checks import checks_between
from pipeline.monitor.checks.limits import Limits, alarm_rate, limits_of
from pipeline.monitor.checks.sample import Sample, between_gaps, neighbours

CLASSES = ("disease", "normal", "other")
YEAR = 52  # weeks
_SIZES = (300_000.0, 500_000.0, 1_200_000.0)  # pixels, of three scanners


@dataclass(frozen=True)
class Hospital:
    """What its images are like.

    Attributes:
        prevalence: of the classes.
        sharpness: factor of the logits; 1 as in training.
        contrast: factor.
        rescanned: share of the patients on another scanner, with 0.75 of the contrast.
        inverted: share of the images that are inverted.
        foreign: share of the images that show another part of the body.
    """

    prevalence: tuple[float, float, float] = (0.2, 0.5, 0.3)
    sharpness: float = 1.0
    contrast: float = 1.0
    rescanned: float = 0.0
    inverted: float = 0.0
    foreign: float = 0.0


SHIFTS = {
    "another scanner's contrast, 30 % of the patients": Hospital(rescanned=0.3),
    "disease 20 % → 24 % of the patients": Hospital(prevalence=(0.24, 0.475, 0.285)),
    "disease 20 % → 40 % of the patients": Hospital(prevalence=(0.4, 0.375, 0.225)),
    "blur": Hospital(sharpness=0.7, contrast=0.9),
    "5 % of the images inverted": Hospital(inverted=0.05),
    "5 % of the images of another body part": Hospital(foreign=0.05),
}


def draw(
    hospital: Hospital, images: int, generator: np.random.Generator
) -> tuple[Sample, NDArray[np.int64]]:
    """Returns about so many images, and the number of the patient of each."""
    of_patient = np.minimum(generator.geometric(0.5, images), 4)
    of_patient = of_patient[: int(np.searchsorted(np.cumsum(of_patient), images)) + 1]
    patients = np.repeat(np.arange(len(of_patient)), of_patient)
    count, total = len(patients), len(of_patient)

    def spread(of_patients: float, of_images: float, *shape: int) -> NDArray[np.float64]:
        each = generator.normal(0, of_patients, (total, *shape))[patients]
        return each + generator.normal(0, of_images, (count, *shape))

    truth = generator.choice(3, total, p=hospital.prevalence)[patients]
    scanner = generator.choice(3, total, p=(0.5, 0.3, 0.2))[patients]
    rescanned = (generator.random(total) < hospital.rescanned)[patients]
    inverted = generator.random(count) < hospital.inverted
    foreign = generator.random(count) < hospital.foreign
    logits = 2.5 * np.eye(3)[truth] + spread(0.8, 0.6, 3)
    logits *= (hospital.sharpness * np.where(foreign, 0.3, np.where(rescanned, 0.85, 1.0)))[:, None]
    odds = np.exp(logits)
    probabilities = odds / odds.sum(-1, keepdims=True)
    brightness = np.array([110.0, 125.0, 140.0])[scanner] + spread(12, 4)
    contrast = (55 + spread(7, 3)) * hospital.contrast * np.where(rescanned, 0.75, 1.0)
    score = spread(0.7, 0.5) - 2 + 2.3 * foreign + 3 * inverted
    # Moved by the class and the scanner, each in a direction of its own, and by what is wrong.
    embeddings = spread(0.8, 0.6, SIZE)
    embeddings[:, :3] += np.eye(3)[truth]
    embeddings[:, 3:6] += np.eye(3)[scanner]
    embeddings[:, 6] += 1.5 * rescanned + 1.5 * (1 - hospital.sharpness)
    embeddings[:, 7] += 3 * inverted + 3 * foreign
    return Sample(
        probabilities=probabilities,
        uncertain=(probabilities.max(-1) < 0.6).astype(np.float64),
        out_of_distribution=(score > 0).astype(np.float64),
        quality={
            "brightness": np.where(inverted, 255 - brightness, brightness + 30 * foreign),
            "contrast": contrast * np.where(foreign, 1.2, 1.0),
            "size": np.array(_SIZES)[scanner],
            "out-of-distribution score": score,
        },
        formats=np.where(scanner == 2, "PNG", "DICOM"),
        scanner={"manufacturer": np.array(["A", "B", "C"], object)[scanner]},
        embeddings=embeddings,
        embedded=np.arange(count),
        patients=patients,
    ), patients


class Monitored:
    """A model with its reference, and the limits for weeks of a size."""

    def __init__(
        self, reference: int, week: int, seed: int, rate: float = alarm_rate(1.0, 7.0)
    ) -> None:
        self._generator = np.random.default_rng([reference, week, seed])
        self._reference, patients = draw(Hospital(), reference, self._generator)
        self._week = week
        checks = checks_between(self._reference, self._reference, CLASSES)
        self._limits: Limits = limits_of(checks, patients, week, rate, seed)

    def alarms(self, hospital: Hospital) -> bool:
        """Draws a week of a hospital; returns whether the monitor raises an alarm."""
        now, _ = draw(hospital, self._week, self._generator)
        rows = np.flatnonzero(between_gaps(len(now)))  # the log does not know patients
        now = replace(now, patients=neighbours(len(now)), embedded=rows)
        now = replace(now, embeddings=now.embeddings[rows])
        ones = np.ones((1, len(self._reference))), np.ones((1, len(now)))
        checks = checks_between(self._reference, now, CLASSES)
        scores = [float(check.compare(*ones).score[0]) for check in checks]
        return bool((np.array(scores) / self._limits.scale).max() > self._limits.limit)


def quiet(hospitals: int, first: int) -> Iterator[str]:
    """Yields the first table."""
    yield "| images of the reference | images a week | quiet weeks | alarms | wanted |"
    yield "|---:|---:|---:|---:|---:|"
    for reference, week in ((500, 100), (1000, 300), (2000, 1000)):
        alarms = sum(
            model.alarms(Hospital())
            for model in (Monitored(reference, week, first + seed) for seed in range(hospitals))
            for _ in range(YEAR)
        )
        yield f"| {reference} | {week} | {YEAR * hospitals} | {alarms} | {hospitals} |"


def shifted(models: int) -> Iterator[str]:
    """Yields the second table."""
    yield "| shift | 100 images a week | 300 images a week |"
    yield "|---|---:|---:|"
    weeks = (100, 300)
    monitored = {
        week: [Monitored(1000, week, 1000 + seed) for seed in range(models)] for week in weeks
    }
    for name, hospital in SHIFTS.items():
        cells = [_until_alarm(hospital, monitored[week]) for week in weeks]
        yield f"| {name} | {' | '.join(cells)} |"


def _until_alarm(hospital: Hospital, models: list[Monitored]) -> str:
    """Returns the weeks until the first alarm: median, and 90th percentile."""
    found = [
        next((week for week in range(1, YEAR + 1) if model.alarms(hospital)), YEAR + 1)
        for model in models
    ]
    median, late = np.percentile(found, [50, 90], method="inverted_cdf")
    return f"{_number(median)} ({_number(late)})"


def _number(weeks: float) -> str:
    return f"{weeks:.0f}" if weeks <= YEAR else f"> {YEAR}"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--hospitals", type=int, default=10)
    parser.add_argument("--shifted", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0, help="of the first model in the first table")
    options = parser.parse_args()
    print(*quiet(options.hospitals, options.seed), "", sep="\n", flush=True)
    if options.shifted:
        print(*shifted(options.shifted), sep="\n")


if __name__ == "__main__":
    main()
