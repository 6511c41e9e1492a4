"""What a run reads, and what it takes over from an earlier run of the same recipe and folder."""

import hashlib
import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tfx.dsl.io import fileio

from components.image_example_gen.shards.earlier_shards import Comparison, EarlierShard, compare
from components.image_example_gen.shards.list_shards import Listed
from components.image_example_gen.shards.shards import Shards
from components.recipe.data import DataSection
from components.storage.taken_over import earlier

# Of the section `data`: all that decides what is read of an image, and of its place nothing.
_OF_AN_IMAGE = ("classes", "max_pixels", "keep_metadata", "metadata")


@dataclass(frozen=True)
class Plan:
    """What a run reads and takes over.

    Attributes:
        shards: whose images are read.
        images: number of these.
        known: number of images that an earlier run has read.
        taken: shards of that run.
        uri: of its Examples; '' without one.
        run: number of this run, 0 without an earlier one.
        origins: of the earlier shards, see `taken_over.Notes`.
    """

    shards: Shards
    images: int
    known: int = 0
    taken: Sequence[EarlierShard] = ()
    uri: str = ""
    run: int = 0
    origins: Mapping[str, str] = field(default_factory=dict, repr=False)

    def origins_now(self) -> dict[str, str]:
        """Returns the origins of the shards that this run writes."""
        own = uuid.uuid4().hex
        names = [self.shards.file_name(number, "gz") for number in range(self.shards.count)]
        found = {name: f"{own}/{name}" for name in names}
        for shard in self.taken:
            name = f"{shard.name_in(self.run)}.gz"
            found[name] = f"{own}/{name}" if shard.lost else self.origins[name]
        return found


def plan(uri: str, identity: str, listed: Listed, folder: str) -> Plan:
    """Decides what to read.

    Args:
        uri: of the Examples to write.
        identity: of `identity_of`.
        listed: all that is to be in them.
        folder: for the lists of what is read.
    """
    before = earlier(uri, identity)
    found = compare(before.uri, listed.shards) if before else None
    if before is None or found is None:
        return Plan(listed.shards, listed.images)
    images = sum(not row["reason"] for _, row in found.fresh)
    return Plan(
        _fresh(found, os.path.join(folder, "fresh")),
        images,
        listed.images - images,
        [shard for shard in found.shards if shard.kept],
        before.uri,
        found.run,
        before.origins,
    )


def identity_of(base: str, data: DataSection | None, source: str) -> str:
    """Returns a digest of all that an Example depends on beside its row of the listing.

    Args:
        base: the data folder.
        data: the recipe's section; None: images without classes.
        source: digest of the code.
    """
    given = data.model_dump(mode="json", include=set(_OF_AN_IMAGE)) if data else None
    decides = json.dumps([base, given, source], sort_keys=True)
    return hashlib.sha256(decides.encode()).hexdigest()[:16]


def _fresh(found: Comparison, folder: str) -> Shards:
    """Deals the new files to shards of their own."""
    fileio.makedirs(folder)
    shards = Shards.of(len(found.fresh), folder, f"-added{found.run}")
    rows = sorted(found.fresh, key=lambda one: (one[0], one[1]["path"]))
    for part, inside in shards.deal([place for place, _ in rows]):
        shards.write_part(part, rows[inside])
    return shards
