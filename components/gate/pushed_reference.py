"""The predictions that the gate judged, as a file of the pushed version.

So `medtfx monitor` can compare the images and predictions of today with them, wherever the version
lies. No picture, file name or pseudonym is in it: patients are numbered anew in each file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.gate.predictions import Predictions
from components.runtime.errors import first_line
from components.saved_model.embedding import EMBEDDING, SCORE, SIZE, from_stored, to_stored
from components.saved_model.manifest import ChangedModelError
from components.storage.atomic_write import replacing

REFERENCE = "assets.extra/reference.parquet"
QUALITY = ("mean", "std", "width", "height")  # features of the Examples, numbers
FORMAT = "format"
TAGS = ("manufacturer", "modality", "view")  # of the scanner, where the recipe has such columns
_FACTS = b"medtfx"  # key of the file's metadata


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Reference:
    """N predictions among C classes.

    Attributes:
        classes: in the order of the probabilities.
        folds: whether models of a cross-validation predicted, each for images of other patients,
            and not the pushed model for the test split.
        patients: number of the patient, 0 to m - 1, int64 [N].
        labels: index of the true class, int64 [N].
        probabilities: float32 [N, C].
        uncertain: float64 [N], 1 or 0.
        out_of_distribution: the same.
        quality: of `QUALITY` → float64 [N], NaN where it is not known.
        formats: of the files, str [N]; '' where it is not known.
        scanner: of `TAGS` → values, str objects [N], '' where it is not known.
        scores: of out of distribution, float64 [N], NaN where it is not known.
        embeddings: float16 [N, 32]; None: folds, whose models have features of their own, or a
            version that an earlier medtfx pushed.
    """

    classes: tuple[str, ...]
    folds: bool
    patients: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    uncertain: NDArray[np.float64]
    out_of_distribution: NDArray[np.float64]
    quality: Mapping[str, NDArray[np.float64]]
    formats: NDArray[np.str_]
    scanner: Mapping[str, NDArray[np.object_]]
    scores: NDArray[np.float64]
    embeddings: NDArray[np.float16] | None

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, predictions: Predictions, folds: bool) -> "Reference":
        """Keeps of predictions what the monitor needs.

        Args:
            predictions: with the features `QUALITY`, `FORMAT` and `TAGS`.
            folds: whether they are of a cross-validation.
        """
        features, scores = predictions.features, predictions.scores
        embeddings = predictions.embeddings
        return cls(
            classes=predictions.classes,
            folds=folds,
            patients=np.unique(np.array(predictions.patients), return_inverse=True)[1].astype(
                np.int64
            ),
            labels=predictions.labels,
            probabilities=predictions.probabilities,
            uncertain=predictions.uncertain.astype(np.float64),
            out_of_distribution=predictions.out_of_distribution.astype(np.float64),
            quality={
                name: np.array([np.nan if v is None else float(v) for v in features[name]])
                for name in QUALITY
            },
            formats=np.array([value or "" for value in features[FORMAT]], np.str_),
            scanner={name: np.array([v or "" for v in features[name]], object) for name in TAGS},
            scores=(
                np.full(len(predictions.labels), np.nan)
                if scores is None
                else np.where(np.isfinite(scores), scores, np.nan).astype(np.float64)
            ),
            embeddings=None if embeddings is None else to_stored(embeddings),
        )


def write_reference(folder: Path, reference: Reference) -> None:
    """Writes the file into the folder of a SavedModel.

    Raises:
        OSError: it can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "patient": reference.patients.astype(np.int32),
        "label": reference.labels.astype(np.int32),
        "probabilities": pa.array(list(reference.probabilities), pa.list_(pa.float32())),
        "uncertain": reference.uncertain.astype(bool),
        "out_of_distribution": reference.out_of_distribution.astype(bool),
        **{name: values.astype(np.float32) for name, values in reference.quality.items()},
        FORMAT: pa.array(reference.formats.tolist(), pa.string()),
        **{name: pa.array(reference.scanner[name].tolist(), pa.string()) for name in TAGS},
        SCORE: reference.scores.astype(np.float32),
    }
    if reference.embeddings is not None:
        rows = [row.tobytes() for row in reference.embeddings]
        columns[EMBEDDING] = pa.array(rows, pa.binary(2 * SIZE))
    facts = json.dumps({"classes": list(reference.classes), "folds": reference.folds})
    table = pa.table(columns).replace_schema_metadata({_FACTS: facts.encode()})
    (folder / REFERENCE).parent.mkdir(exist_ok=True)
    with replacing(folder / REFERENCE) as file:
        pq.write_table(table, file, compression="zstd")


def read_reference(folder: Path) -> Reference | None:
    """Reads what `write_reference` wrote; None if the version has no such file.

    Raises:
        ChangedModelError: it is not such a file.
        OSError: it can't be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Not by `read_table`: a thread of it that still starts when the process ends aborts it.
        with pq.ParquetFile(folder / REFERENCE) as file:
            table = file.read(use_threads=False)
        facts = json.loads((table.schema.metadata or {})[_FACTS])
        return _reference(table, facts)
    except FileNotFoundError:
        return None
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise ChangedModelError(
            f"{REFERENCE} holds the predictions that the gate judged. In {folder} it can't be read "
            f"({first_line(error)}). Restore it from a backup, or push the model again with this "
            "version of medtfx."
        ) from error


def _reference(table: Any, facts: dict[str, Any]) -> Reference:
    classes, known = tuple(facts["classes"]), table.column_names
    probabilities = table["probabilities"].combine_chunks().flatten().to_numpy()

    def numbers(name: str) -> NDArray[Any]:
        return np.array(table[name].to_numpy())

    return Reference(
        classes=classes,
        folds=bool(facts["folds"]),
        patients=numbers("patient").astype(np.int64),
        labels=numbers("label").astype(np.int64),
        probabilities=np.asarray(probabilities, np.float32).reshape(-1, len(classes)),
        uncertain=numbers("uncertain").astype(np.float64),
        out_of_distribution=numbers("out_of_distribution").astype(np.float64),
        quality={name: numbers(name).astype(np.float64) for name in QUALITY},
        formats=np.array(table[FORMAT].to_pylist(), np.str_),
        scanner={
            name: np.array(table[name].to_pylist() if name in known else [""] * len(table), object)
            for name in TAGS
        },
        scores=(
            numbers(SCORE).astype(np.float64) if SCORE in known else np.full(len(table), np.nan)
        ),
        embeddings=from_stored(table[EMBEDDING].to_pylist()) if EMBEDDING in known else None,
    )
