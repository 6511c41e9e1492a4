"""Pools the predictions of the folds, and refuses them if an image or patient is in two folds."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from components.evaluator.patient_counts import BASELINE_FEATURE
from components.runtime.errors import MedtfxError
from components.storage.examples import read_examples

# What identifies an image: its name, and the moments of its grey values, since a file may have been
# replaced under the same name.
Image = tuple[str, float, float]


class LeakingFoldsError(MedtfxError):
    """The predictions of the folds are not those of models that had not seen the images."""


def pooled(
    predictions: Iterable[str], baseline: Mapping[Image, int], images: Iterable[str]
) -> Iterator[bytes]:
    """Yields the Examples of all folds, with the baseline's prediction for the same image.

    Args:
        predictions: files of CrossValidation, GZIP TFRecords.
        baseline: image → class that the baseline's fold predicted; see `predicted_classes`.
        images: names of all images, each of which has to be predicted once.

    Raises:
        LeakingFoldsError: an image is predicted twice or never, or a patient is in two folds.
    """
    fold_of: dict[bytes, int] = {}
    left = set(images)
    for example in read_examples(predictions):
        features = example.features.feature
        image = _image(features)
        if image[0] not in left:
            raise LeakingFoldsError(
                f"Each image has to be predicted once, by the model of its own fold. {image[0]} is "
                "predicted twice, or is not among the images. Delete the results of "
                "CrossValidation and run the recipe again."
            )
        left.remove(image[0])
        (patient,), (fold,) = (
            features["patient"].bytes_list.value,
            features["fold"].int64_list.value,
        )
        if fold_of.setdefault(patient, fold) != fold:
            raise LeakingFoldsError(
                "All images of a patient have to be in one fold, or a model has seen the patient "
                f"that it is judged by. Patient {patient.decode()} is in folds {fold_of[patient]} "
                f"and {fold}. Delete the results of CrossValidation and run the recipe again."
            )
        features[BASELINE_FEATURE].int64_list.value.append(baseline.get(image, -1))
        yield example.SerializeToString(deterministic=True)
    if left:
        raise LeakingFoldsError(
            f"Each image has to be predicted once. {len(left)} are not, the first: {min(left)}. "
            "Delete the results of CrossValidation and run the recipe again."
        )


def predicted_classes(predictions: Iterable[str]) -> dict[Image, int]:
    """Returns image → index of the class with the highest out-of-fold probability."""
    found = {}
    for example in read_examples(predictions):
        features = example.features.feature
        probabilities = list(features["probabilities"].float_list.value)
        found[_image(features)] = probabilities.index(max(probabilities))
    return found


def _image(features: Mapping[str, Any]) -> Image:
    name = features["filename"].bytes_list.value[0].decode(errors="surrogateescape")
    mean, std = (features[key].float_list.value[0] for key in ("mean", "std"))
    return name, mean, std
