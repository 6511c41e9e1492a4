"""The section `audit`: what is looked for in the data before training, and what stops the run."""

from typing import Annotated, Literal

from pydantic import Field

from components.recipe.base import Positive, Rate, Section

Action = Literal["stop", "report", "off"]


class AuditSection(Section):
    """What is looked for in the data before training, and what stops the run.

    Each check either stops the run before training (`stop`), is reported (`report`), or is left out
    (`off`).

    Attributes:
        leaks: the same picture, or nearly the same, in two splits.
        contradictions: the same picture, or nearly the same, in two classes.
        duplicates: the same picture, or nearly the same, twice in one split and class.
        patients_in_two_splits: a patient in two splits, which the splitter rules out.
        patients_in_two_classes: a patient with images of two classes.
        outliers: blank, saturated, tiny or elongated images, and those laid out unlike their class.
        burned_in_text: marks near the borders that stand in a line, as letters do.
        identity: metadata, EXIF, text chunks or file names that may tell who the patient is.
        shortcuts: classes that can be told without looking at what the image is about.
        drift: statistics that have moved since the latest blessed model was trained.
        small_cells: classes with few images in a split.
        hash_distance: bits of 64 by which the perceptual hashes of near duplicates differ at most.
        similarity: least correlation of the fine detail of near duplicates.
        shortcut_auc: one-vs-rest area under the ROC curve from which on a shortcut is a finding.
        drift_categories: largest change of a share, of labels and formats (L-infinity distance).
        drift_numbers: largest Jensen-Shannon divergence of mean, deviation, width and height.
        min_cell: fewest images of a class in a split.
    """

    leaks: Action = "stop"
    contradictions: Action = "report"
    duplicates: Action = "report"
    patients_in_two_splits: Action = "stop"
    patients_in_two_classes: Action = "report"
    outliers: Action = "report"
    burned_in_text: Action = "report"
    identity: Action = "report"
    shortcuts: Action = "report"
    drift: Action = "report"
    small_cells: Action = "report"
    hash_distance: Annotated[int, Field(ge=0, le=20)] = 10
    similarity: Rate = 0.9
    shortcut_auc: Rate = 0.9
    drift_categories: Rate = 0.1
    drift_numbers: Rate = 0.1
    min_cell: Positive = 5

    def action(self, check: str) -> Action:
        """Returns what follows from a finding of `check`, the name of one of the attributes."""
        action: Action = getattr(self, check)
        return action
