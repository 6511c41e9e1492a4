"""The section `audit`: which problems of the data are looked for, and which stop the run."""

from typing import Annotated, Literal

from pydantic import Field

from components.recipe.base import Positive, Rate, Section

Action = Literal["stop", "report", "off"]


class AuditSection(Section):
    """Which problems of the data are looked for before training, and which stop the run.

    A finding of a check stops the run before training (`stop`) or is only reported (`report`); a
    check that is `off` is not made.

    Attributes:
        leaks: identical or nearly identical images in two splits, or in two folds where
            `evaluation.folds` decides.
        contradictions: identical or nearly identical images in two classes.
        duplicates: identical or nearly identical images in the same split and class.
        patients_in_two_splits: a patient with images in two splits. The splitter prevents this, so
            a finding is a defect.
        patients_in_two_classes: a patient with images of two classes.
        outliers: blank, saturated, tiny or very elongated images, and images whose layout differs
            from that of their class.
        burned_in_text: marks near the border that stand in a line, as letters do.
        identity: metadata, EXIF tags, text chunks or file names that may identify a patient.
        shortcuts: classes that can be predicted without the disease: from the size, the format,
            the brightness or the frame of the image.
        drift: statistics that have changed since the latest blessed model was trained.
        small_cells: classes with few images in a split.
        hash_distance: largest number of different bits, of 64, between the perceptual hashes of
            two nearly identical images.
        similarity: lowest correlation of the fine detail of two nearly identical images.
        shortcut_auc: area under the one-vs-rest ROC curve from which on a shortcut is a finding.
        drift_categories: largest allowed change of the share of a label or file format
            (L-infinity distance).
        drift_numbers: largest allowed Jensen-Shannon divergence of mean, standard deviation, width
            and height.
        min_cell: smallest number of images of a class in a split that is not a finding.
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
        """Returns what a finding of a check does; `check` is the name of its key."""
        action: Action = getattr(self, check)
        return action
