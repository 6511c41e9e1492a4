"""Predictions in the form in which the checks compare them: of the reference, or of the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.gate.pushed_reference import Reference
from serving.request_log.reader import Logged

Floats = NDArray[np.float64]

_BLOCK, _BLOCKS = 20, 5  # rows of a block at most; blocks at least
_GAP = 3  # one fewer than the images that most patients have at most
MOST_EMBEDDED = 10_000  # more images than that tell the samples apart no better


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Sample:
    """N predictions among C classes.

    Attributes:
        probabilities: float64 [N, C].
        uncertain: float64 [N]: 1 or 0, NaN where it is not known.
        out_of_distribution: the same.
        quality: brightness, contrast (mean and standard deviation of the grey values) and size
            (pixels), and the out-of-distribution score → float64 [N], NaN where it is not known.
        formats: of the files, str [N]; '' where it is not known.
        scanner: of each tag, such as manufacturer → values, str [N]; '' where it is not known.
        embeddings: float64 [K, 32] of the K rows below, or None.
        embedded: numbers of the rows whose embedding is compared, [K], at most `MOST_EMBEDDED`: of
            the log those whose block is certain, see `between_gaps`.
        patients: number of the patient of each row, [N]; of the log, which does not know it, the
            number of a block of neighbouring rows, see `neighbours`.
    """

    probabilities: Floats
    uncertain: Floats
    out_of_distribution: Floats
    quality: Mapping[str, Floats]
    formats: NDArray[np.str_]
    scanner: Mapping[str, NDArray] = field(default_factory=dict)
    embeddings: Floats | None = None
    embedded: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    patients: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class, int64 [N]."""
        return self.probabilities.argmax(-1)


def sample_of(source: Reference | Logged) -> Sample:
    """Returns the predictions of a reference or a log."""
    quality = source.quality
    known = isinstance(source, Reference)
    apart = np.ones(len(source), np.bool_) if known else between_gaps(len(source))
    rows = _embedded_rows(source.embeddings, apart)
    return Sample(
        probabilities=source.probabilities.astype(np.float64),
        uncertain=source.uncertain,
        out_of_distribution=source.out_of_distribution,
        quality={
            "brightness": quality["mean"],
            "contrast": quality["std"],
            "size": quality["width"] * quality["height"],
            "out-of-distribution score": source.scores,
        },
        formats=source.formats,
        scanner=source.scanner,
        embeddings=(
            None if source.embeddings is None else source.embeddings[rows].astype(np.float64)
        ),
        embedded=rows,
        patients=source.patients if isinstance(source, Reference) else neighbours(len(source)),
    )


def neighbours(rows: int) -> NDArray[np.int64]:
    """Numbers blocks of rows that follow each other: of twenty, smaller where there are few, [N].

    The log does not know patients, and the images of one are sent one after the other. Were they
    on both sides of a cross-validation, the images of every week would seem to be new ones: in the
    simulation that quadruples the false alarms.
    """
    return np.arange(rows) // _block(rows)


def between_gaps(rows: int) -> NDArray[np.bool_]:
    """Returns which rows are not at the end of a block, [N].

    Without the last rows of each block, a patient of up to four images is in one block alone. If
    single patients are in two, the classifier seems to tell quiet weeks apart.
    """
    block = _block(rows)
    place, last = np.arange(rows) % block, (rows - 1) // block
    return (place < block - _GAP) | (np.arange(rows) // block == last)


def _block(rows: int) -> int:
    return min(_BLOCK, max(1, -(-rows // _BLOCKS)))


def _embedded_rows(
    embeddings: NDArray[np.float16] | None, usable: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Returns the usable rows with an embedding: if there are many, some drawn at random."""
    if embeddings is None:
        return np.zeros(0, np.intp)
    rows = np.flatnonzero(np.isfinite(embeddings).all(-1) & usable)
    if len(rows) > MOST_EMBEDDED:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_EMBEDDED, replace=False))
    return rows
