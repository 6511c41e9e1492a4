"""What is said of single images: all of it is counted, and the first of each kind are listed."""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field

from components.data_audit.finding import LISTED, Image
from components.imaging.measures.image_record import ImageRecord


@dataclass(frozen=True)
class Remark:
    """What is said of an image.

    Attributes:
        kind: in a word or two; remarks are counted by it.
        order: by which those of a kind are sorted: texts and numbers, the same for all.
        image: the image.
        reason: in a few words.
    """

    kind: str
    order: tuple[str | int, ...]
    image: Image
    reason: str


@dataclass
class Remarks:
    """The remarks of a check; those on parts of the images add up.

    Attributes:
        images: how many have a remark.
        kinds: kind → number of remarks.
        first: kind → those listed, sorted.
    """

    images: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Remark]] = field(default_factory=lambda: defaultdict(list))

    @property
    def listed(self) -> list[Remark]:
        """Those of all kinds, by their order."""
        every = (remark for kind in self.first.values() for remark in kind)
        return sorted(every, key=lambda remark: remark.order)

    def add(self, remarks: Iterable[Remark]) -> None:
        """Adds the remarks on one image."""
        added = list(remarks)
        self.images += bool(added)
        for remark in added:
            self.kinds[remark.kind] += 1
            self.first[remark.kind].append(remark)

    def merge(self, other: "Remarks") -> None:
        """Adds those on other images."""
        self.images += other.images
        self.kinds.update(other.kinds)
        for kind, remarks in other.first.items():
            both = self.first[kind] + remarks
            self.first[kind] = heapq.nsmallest(LISTED, both, key=lambda remark: remark.order)

    def to_bytes(self) -> bytes:
        """Returns JSON."""
        rows = {kind: [[*astuple(r)[1:]] for r in remarks] for kind, remarks in self.first.items()}
        return json.dumps([self.images, self.kinds, rows]).encode()


def read_remarks(content: bytes) -> Remarks:
    """Returns what `Remarks.to_bytes` has written."""
    images, kinds, rows = json.loads(content)
    read = Remarks(images, Counter(kinds))
    for kind, of_kind in rows.items():
        read.first[kind] = [
            Remark(kind, tuple(order), Image(*image), reason) for order, image, reason in of_kind
        ]
    return read


def image_of(picture: ImageRecord, shard: str) -> Image:
    """Returns the image of a record as a finding names it."""
    return Image(picture.filename, picture.split, picture.label, picture.patient, shard)
