"""The ledger of looks: each model that was judged by the images of a test split.

The best of many models on the same images is partly luck: the more were tried, the more its figures
are too good (Dwork et al. 2015, Science 349:636, "The reusable holdout"). One JSON object a line in
`looks.jsonl`, beside the artifacts of all recipes, since recipes share images.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from components.image_example_gen.listing import Listing
from components.runtime.errors import MedtfxError
from components.runtime.numbers import ordinal
from components.storage import remote_file
from components.storage.append_log import append_json
from components.storage.files import is_remote

FILE_NAME = "looks.jsonl"


class LooksError(MedtfxError):
    """The ledger of looks can't be read or written."""


class WornTestSplitError(MedtfxError):
    """As many models as the recipe allows have been judged by these test images."""


@dataclass(frozen=True)
class JudgingImages:
    """The images that decide about a model: of a test split, or in a cross-validation all.

    Attributes:
        fingerprint: digest of their paths and sizes: the same in every recipe that tests on them.
        images: number of them.
        parts: of a cross-validation: the test split among them, which has been looked at too.
    """

    fingerprint: str
    images: int
    parts: tuple["JudgingImages", ...] = ()

    @property
    def described(self) -> str:
        """How many of which kind."""
        return f"{self.images} {'images' if self.parts else 'test images'}"


@dataclass(frozen=True)
class Look:
    """A model that was judged by the images of a test split.

    Attributes:
        fingerprint: of the test images.
        images: number of them.
        model: digest of recipe, data and code; a repeated run is no other look.
        recipe: its name.
        by: 'run' or 'compare'.
        run: id of the run, or time of the comparison.
        at: time in UTC, ISO 8601.
    """

    fingerprint: str
    images: int
    model: str
    recipe: str
    by: Literal["run", "compare"]
    run: str
    at: str


def judging_images(listing: Listing, folds: bool = False) -> JudgingImages:
    """Returns the images that decide: of the test split of a listing, or with folds all."""
    sizes = {file.relative: file.size for file in listing.files}
    tested = sorted(entry.relative for entry in listing.judging(folds))
    digest = hashlib.sha256()
    for path in tested:
        digest.update(f"{path}\0{sizes.get(path)}\n".encode(errors="surrogateescape"))
    parts = (judging_images(listing),) if folds else ()
    return JudgingImages(digest.hexdigest()[:16], len(tested), parts)


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
            return [Look(**json.loads(line)) for line in self._content().splitlines()]
        except (ValueError, TypeError):
            raise LooksError(f"The ledger of looks {self.address} is broken.") from None

    def at(self, fingerprint: str) -> list[Look]:
        """Returns the looks at the same test images, the oldest first."""
        return [look for look in self.read() if look.fingerprint == fingerprint]

    def number(self, tested: JudgingImages, model: str) -> int:
        """Returns the number of the look of a model, counted from 1: a known one, or the next."""
        models = [look.model for look in self.at(tested.fingerprint)]
        return models.index(model) + 1 if model in models else len(models) + 1

    def check(self, tested: JudgingImages, models: Iterable[str], limit: int | None) -> None:
        """Refuses models that have not been judged yet, where the recipe's limit is reached.

        Args:
            tested: the test images.
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
            raise WornTestSplitError(
                f"{len(known)} {'model has' if len(known) == 1 else 'models have'} been judged by "
                f"these {tested.described}, and evaluation.max_looks is {limit}: the best "
                "of many is partly luck. Add images of other patients, use another test split "
                "(data.split_seed), or raise the limit if you know why. Who looked: "
                f"{self.address}"
            )

    def add(
        self,
        tested: JudgingImages,
        model: str,
        *,
        recipe: str,
        by: Literal["run", "compare"],
        run: str,
    ) -> int:
        """Records the look of a model, if it is the first of it; returns its number.

        The look of a cross-validation counts for the test split among its images too.

        Raises:
            LooksError: it can't be written.
        """
        for part in tested.parts:
            self.add(part, model, recipe=recipe, by=by, run=run)
        known = [look.model for look in self.at(tested.fingerprint)]
        if model in known:
            return known.index(model) + 1
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._append(Look(tested.fingerprint, tested.images, model, recipe, by, run, at))
        return len(known) + 1

    def _content(self) -> str:
        try:
            if is_remote(self.address):
                return remote_file.read(self.address).decode()
            return Path(self.address).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise LooksError(f"The ledger of looks {self.address} can't be read: {error}") from None

    def _append(self, look: Look) -> None:
        try:
            if is_remote(self.address):  # where nothing can be added to a file
                line = json.dumps(asdict(look), ensure_ascii=False) + "\n"
                remote_file.write(self.address, (self._content() + line).encode())
                return
            path = Path(self.address)
            path.parent.mkdir(parents=True, exist_ok=True)
            append_json(path, asdict(look))
        except (OSError, ValueError) as error:
            raise LooksError(
                f"The ledger of looks {self.address} can't be written: {error}"
            ) from None


def look_sentence(number: int, tested: JudgingImages) -> str:
    """Returns a sentence: 4th look at these 317 test images."""
    return f"{ordinal(number)} look at these {tested.described}."
