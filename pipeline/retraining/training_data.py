"""What a training saw: enough to find out later what is new, without any patient's name."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from components.image_example_gen.listing.listing import Listing
from components.recipe.data import DataSection
from components.recipe.recipe import Recipe
from components.storage.files import FoundFile
from components.storage.patient_key import hash_patient
from pipeline.dag.sources import model_source
from pipeline.looks.ledger import JudgingImages, judging_images

# Sections of the recipe that change neither the model nor its verdict.
_IRRELEVANT = {"summary", "retraining", "platform", "tuning"}


@dataclass(frozen=True)
class TrainingData:
    """What a training sees. Paths and patients are hashed with the site's key.

    Attributes:
        recipe: digest of the recipe's values, overrides included.
        code: digest of the code of the nodes.
        key: digest of the site's key; hashes of another key can't be compared.
        listing: fingerprint of the data folder.
        images: hashed path → digest of size and time of the file.
        patients: class → hashed patients.
        tested: the images that judge the model.
        tables: hashed path → digest, of the metadata CSV.
    """

    recipe: str
    code: str
    key: str
    listing: str
    images: dict[str, str] = field(repr=False)
    patients: dict[str, frozenset[str]] = field(repr=False)
    tested: JudgingImages
    tables: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def model(self) -> str:
        """Digest of all that the model comes from, as `model_digest` makes it."""
        return _digest(f"{self.recipe} {self.code} {self.listing}")

    def plain(self) -> dict[str, Any]:
        """Returns values for JSON."""
        patients = {label: sorted(hashed) for label, hashed in self.patients.items()}
        return {**vars(self), "patients": patients, "tested": vars(self.tested)}

    @classmethod
    def of_plain(cls, values: dict[str, Any]) -> "TrainingData":
        """Reads what `plain` returned.

        Raises:
            KeyError, TypeError: these are other values.
        """
        patients = {label: frozenset(hashed) for label, hashed in values["patients"].items()}
        tested = JudgingImages(**values["tested"])
        return cls(**{**values, "patients": patients, "tested": tested})


def describe_data(recipe: Recipe, listing: Listing, key: bytes) -> TrainingData:
    """Describes what a training of `listing` would see.

    Args:
        recipe: with its overrides.
        listing: of the data folder, by `list_folders`.
        key: the site's key, from `patient_key`.
    """
    found = {file.relative: file for file in listing.files}
    patients: dict[str, set[str]] = {label: set() for label in recipe.data.classes}
    for entry in listing.entries:
        patients[entry.label].add(hash_patient(entry.patient, key))
    return TrainingData(
        recipe=_recipe_digest(recipe),
        code=model_source(),
        key=hashlib.sha256(key).hexdigest()[:16],
        listing=listing.fingerprint,
        images=_states((entry.relative for entry in listing.entries), found, key),
        patients={label: frozenset(hashed) for label, hashed in patients.items()},
        tested=judging_images(listing, folds=recipe.evaluation.folds is not None),
        tables=_states(_tables(recipe.data), found, key),
    )


def model_digest(recipe: Recipe, listing: Listing, trained: str = "") -> str:
    """Returns a digest of all that a model comes from.

    Args:
        recipe: with its overrides.
        listing: of the data folder.
        trained: how, if otherwise than by a run of the recipe.
    """
    text = f"{_recipe_digest(recipe)} {model_source()} {listing.fingerprint}"
    return _digest(f"{text} {trained}" if trained else text)


def _recipe_digest(recipe: Recipe) -> str:
    return _digest(recipe.model_dump_json(by_alias=True, exclude=_IRRELEVANT))


def _tables(data: DataSection) -> list[str]:
    return [data.metadata.file] if data.metadata else []


def _states(paths: Iterable[str], found: dict[str, FoundFile], key: bytes) -> dict[str, str]:
    return {
        hash_patient(path, key): _digest(f"{found[path].size} {found[path].modified}")
        for path in paths
        if path in found
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]
