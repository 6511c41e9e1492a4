"""What is known of a pushed version, in plain values."""

import shlex
from dataclasses import asdict, dataclass, field
from typing import Any

from serving.promotion import journal

_WHAT = {
    "train": "the model was trained on it",
    "eval": "it helped to choose the epoch of the model",
    "test": "the model was measured with it, and never saw it before",
}


@dataclass(frozen=True)
class ImageUse:
    """What became of a file.

    Attributes:
        file: path below the data folder.
        split: 'train', 'eval' or 'test'; None if it was left out.
        reason: why it was left out, or ''.
    """

    file: str
    split: str | None
    reason: str = ""

    def sentence(self, of: "Lineage") -> str:
        """Returns it in words."""
        if self.split is None:
            return f"{self.file}: not used for {of.model}/{of.version}: {self.reason}"
        return f"{self.file}: {self.split} of {of.model}/{of.version}; {_WHAT[self.split]}."


@dataclass(frozen=True)
class Step:
    """A node whose work is in the model.

    Attributes:
        node: its id in the pipeline.
        run: in which it really ran; later runs may have taken it from the cache.
        at: when it began, in UTC.
        source: digest of its code; '' for TFX's own nodes without a setting of ours.
        outputs: key → address.
    """

    node: str
    run: str
    at: str
    source: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class ClassGate:
    """What a class reached on the test split: see `ClassResult`; and what it had to reach."""

    label: str
    cases: int
    recall: float
    low: float
    floor: float | None
    floor_on: str | None


@dataclass(frozen=True)
class Lineage:
    """Where a pushed version comes from.

    Attributes:
        model: name.
        version: number.
        state: 'served' where a server sees it, 'withdrawn', 'deleted', or 'remote' where it was
            pushed to object storage, which is not looked into.
        destination: where it was pushed.
        pushed_at: in UTC.
        run: that pushed it, or the approval's.
        pipeline: name of the recipe.
        tfx_version: that made the model.
        data: folder, fingerprint, images read and unreadable, and split → class → images.
        recipe: section → key → value.
        overrides: what `--set` changed; None where the record of the run is gone.
        gates: one a class.
        validation: what ServingValidator found; {} for a model that was pushed without it.
        approvals: decisions of people about it, the oldest first.
        promotions: moves of labels that it took part in, the oldest first.
        steps: the nodes, in the order in which they ran.
        model_uri: the Trainer's artifact.
        examples_uri: the images as they were read.
        quarantine_uri: the list of those that were not.
    """

    model: str
    version: int
    state: str
    destination: str
    pushed_at: str
    run: str
    pipeline: str
    tfx_version: str
    data: dict[str, Any]
    recipe: dict[str, Any]
    overrides: list[str] | None
    gates: tuple[ClassGate, ...]
    validation: dict[str, Any]
    approvals: tuple[dict[str, Any], ...]
    promotions: tuple[journal.Entry, ...]
    steps: tuple[Step, ...]
    model_uri: str
    examples_uri: str = field(repr=False)
    quarantine_uri: str = field(repr=False)

    @property
    def command(self) -> str:
        """The command that makes the model again, from the same images and code."""
        sets = [f"--set {shlex.quote(value)}" for value in self.overrides or ()]
        folder = shlex.quote(self.data["folder"])
        return " ".join(["medtfx run", self.pipeline, "--data", folder, *sets])

    def plain(self, uses: list[ImageUse] | None = None) -> dict[str, Any]:
        """Returns it for JSON, with the uses of an image if one was asked for."""
        found = {**asdict(self), "command": self.command}
        return found if uses is None else {**found, "image": [asdict(use) for use in uses]}
