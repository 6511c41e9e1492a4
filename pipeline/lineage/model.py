"""The lineage of a pushed version, in plain values."""

import shlex
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.looks.ledger import Look
from pipeline.retraining.reasons import Reason
from pipeline.runs.records import Gate
from serving.promotion import journal

_USES_WITH_FOLDS = {
    "train": "the model was trained on it",
    "eval": "it was used to choose the epoch",
    "test": "the model was trained on it",
}
_OF_FOLDS = ", and a model of a fold that had not seen its patient predicted it for the gate"
_USES = {
    "train": "the model was trained on it",
    "eval": "it was used to choose the epoch",
    "test": "the model was tested on it, and not trained on it",
}


@dataclass(frozen=True)
class ImageUse:
    """How a version used a file.

    Attributes:
        file: path below the data folder.
        split: 'train', 'eval' or 'test'; None if it was left out.
        reason: why it was left out, or ''.
    """

    file: str
    split: str | None
    reason: str = ""

    def sentence(self, of: "Lineage") -> str:
        """Returns the use in words."""
        if self.split is None:
            return f"{self.file}: not used for {of.model}/{of.version}: {self.reason}"
        if of.recipe.get("evaluation", {}).get("folds"):
            use = _USES_WITH_FOLDS[self.split] + _OF_FOLDS
        else:
            use = _USES[self.split]
        return f"{self.file}: {self.split} of {of.model}/{of.version}; {use}."


@dataclass(frozen=True)
class Step:
    """A node that the model depends on.

    Attributes:
        node: its id in the pipeline.
        run: in which it ran; later runs may have taken its results from the cache.
        at: time of its start, in UTC.
        source: digest of its code; '' for TFX's own nodes, whose version is `tfx_version`.
        outputs: key → address.
    """

    node: str
    run: str
    at: str
    source: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class Lineage:
    """Where a pushed version comes from.

    Attributes:
        model: name.
        version: number.
        state: 'served' if a server sees it, 'withdrawn', 'deleted', or 'remote' if it was pushed
            to object storage, which is not checked.
        destination: where it was pushed.
        pushed_at: in UTC.
        run: that pushed it; after an approval the id of the approval.
        pipeline: name of the recipe.
        tfx_version: that trained the model.
        data: folder, fingerprint, images read and unreadable, and split → class → images.
        recipe: section → key → value; without `evaluation` if the run did not get to its report.
        recipe_file: path of the recipe's file; '' for a recipe that comes with medtfx, or if the
            record of the run is gone.
        overrides: what `--set` changed; None if the record of the run is gone.
        gates: one a class; empty if the evaluation is gone.
        validation: result of the ServingValidator; {} for a model that was pushed without it.
        approvals: decisions of people about it, the oldest first.
        reasons: why the runs that trained it were started, where a program did that.
        looks: models that the same test images have judged, the oldest first; [] if not known.
        promotions: moves of labels to or from it, the oldest first.
        steps: the nodes, in the order in which they ran.
        model_uri: the Trainer's artifact.
        examples_uri: the artifact with the images as they were read.
        quarantine_uri: the artifact with the list of files that were not used.
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
    recipe_file: str
    overrides: list[str] | None
    gates: tuple[Gate, ...]
    validation: dict[str, Any]
    approvals: tuple[dict[str, Any], ...]
    promotions: tuple[journal.Entry, ...]
    looks: tuple[Look, ...]
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    model_uri: str
    examples_uri: str = field(repr=False)
    quarantine_uri: str = field(repr=False)

    @property
    def command(self) -> str:
        """The command that trains the model again, given the same images and code."""
        sets = [f"--set {shlex.quote(value)}" for value in self.overrides or ()]
        folder = shlex.quote(self.data["folder"])
        recipe = shlex.quote(self.recipe_file or self.pipeline)
        return " ".join(["medtfx run", recipe, "--data", folder, *sets])

    def plain(self, uses: list[ImageUse] | None = None) -> dict[str, Any]:
        """Returns values for JSON, with the uses of an image if they are given."""
        found = {**asdict(self), "command": self.command}
        return found if uses is None else {**found, "image": [asdict(use) for use in uses]}
