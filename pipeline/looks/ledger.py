"""The ledger of looks: each model that images have judged, of a test split or of folds.

The best of many models on the same images is partly luck: the more were tried, the more its figures
are too good (Dwork et al. 2015, Science 349:636, "The reusable holdout"). One JSON object a line in
`looks.jsonl`, beside the artifacts of all recipes, since recipes share images.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Literal

from components.image_example_gen.listing.listing import Entry, Listing
from components.runtime.errors import MedtfxError
from components.runtime.numbers import ordinal
from components.storage.shared_lines import append_shared, read_shared

FILE_NAME = "looks.jsonl"

Source = Literal["run", "compare", "tune"]


class LooksError(MedtfxError):
    """The ledger of looks can't be read or written."""


class WornTestSplitError(MedtfxError):
    """As many models as the recipe allows have been judged by these images."""


@dataclass(frozen=True)
class JudgingImages:
    """The images that decide about a model: of a test split, or in a cross-validation all.

    Attributes:
        fingerprint: digest of their paths and sizes: the same in every recipe that tests on them.
        images: number of them.
        of_split: whether they are those of a test split.
        also: fingerprint of the other of the two, if a look at the one is a look at the other.
    """

    fingerprint: str
    images: int
    of_split: bool
    also: str = ""

    @property
    def described(self) -> str:
        """How many of which kind."""
        return f"{self.images} {'test images' if self.of_split else 'images'}"


@dataclass(frozen=True)
class Look:
    """A model that images have judged.

    Attributes:
        fingerprint: of the images.
        images: number of them.
        also: fingerprint of other images that share some with these; '' if there are none.
        model: digest of recipe, data and code; a repeated run is no other look.
        recipe: its name.
        by: 'run', 'compare' or 'tune'.
        run: id of the run, or time of the comparison or search.
        at: time in UTC, ISO 8601.
    """

    fingerprint: str
    images: int
    also: str
    model: str
    recipe: str
    by: Source
    run: str
    at: str


def judging_images(listing: Listing, folds: bool = False) -> JudgingImages:
    """Returns the images that decide: of the test split of a listing, or with folds all."""
    test, every = listing.judging(folds=False), all_images(listing)
    test_fingerprint = _fingerprint(listing, test)
    if folds:
        return replace(every, also=test_fingerprint)
    return JudgingImages(test_fingerprint, len(test), True, every.fingerprint)


def all_images(listing: Listing) -> JudgingImages:
    """Returns what folds judge by, and what a search touches with the eval split alone."""
    entries = listing.judging(folds=True)
    return JudgingImages(_fingerprint(listing, entries), len(entries), of_split=False)


def _fingerprint(listing: Listing, entries: Iterable[Entry]) -> str:
    sizes = {file.relative: file.size for file in listing.files}
    digest = hashlib.sha256()
    for path in sorted(entry.relative for entry in entries):
        digest.update(f"{path}\0{sizes.get(path)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


class LookLedger:
    """The ledger of one root.

    Args:
        folder: of the artifacts: a path, gs:// or s3://; see `PipelinePaths.artifacts`.
    """

    def __init__(self, folder: str):
        self.address = f"{folder.rstrip('/')}/{FILE_NAME}"

    def read(self) -> list[Look]:
        """Returns all looks, the oldest first.

        Raises:
            LooksError: the file is broken, or can't be reached.
        """
        try:
            return [Look(**values) for values in read_shared(self.address)]
        except (ValueError, TypeError):
            raise LooksError(f"The ledger of looks {self.address} is broken.") from None
        except OSError as error:
            raise LooksError(f"The ledger of looks {self.address} can't be read: {error}") from None

    def at(self, fingerprint: str) -> list[Look]:
        """Returns the looks at the same images or at some of them, the oldest first."""
        return [look for look in self.read() if fingerprint in (look.fingerprint, look.also)]

    def check(self, tested: JudgingImages, models: Iterable[str], limit: int | None) -> None:
        """Refuses models that have not been judged yet, where the recipe's limit is reached.

        Args:
            tested: the images that judge them.
            models: that are to be judged.
            limit: `evaluation.max_looks`.

        Raises:
            WornTestSplitError: too many.
        """
        if limit is None:
            return
        known = [look.model for look in self.at(tested.fingerprint)]
        fresh = set(models) - set(known)
        if fresh and len(known) + len(fresh) > limit:
            other = ", use another test split (data.split_seed)" if tested.of_split else ""
            raise WornTestSplitError(
                f"{len(known)} {'model has' if len(known) == 1 else 'models have'} been judged by "
                f"these {tested.described}, {len(fresh)} more would be, and evaluation.max_looks "
                f"is {limit}: the best of many is partly luck. Add images of other patients"
                f"{other}, or raise the limit if you know why. Who looked: {self.address}"
            )

    def add(
        self,
        tested: JudgingImages,
        model: str,
        *,
        recipe: str,
        by: Source,
        run: str,
    ) -> int:
        """Records the look of a model, if it is the first of it; returns its number, from 1.

        Raises:
            LooksError: it can't be written.
        """
        known = [look.model for look in self.at(tested.fingerprint)]
        if model in known:
            return known.index(model) + 1
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._append(
            Look(tested.fingerprint, tested.images, tested.also, model, recipe, by, run, at)
        )
        return len(known) + 1

    def _append(self, look: Look) -> None:
        try:
            append_shared(self.address, asdict(look))
        except (OSError, ValueError) as error:
            raise LooksError(
                f"The ledger of looks {self.address} can't be written: {error}"
            ) from None


def look_sentence(number: int, tested: JudgingImages) -> str:
    """Returns a sentence: 4th look at these 317 test images."""
    return f"{ordinal(number)} look at these {tested.described}."
