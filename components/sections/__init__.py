"""The sections of a recipe, as the nodes receive them.

`pipeline.recipe` composes them into one file; a node gets its section alone, as plain JSON in its
`custom_config`, and reads it back with the same class. Unknown keys fail.
"""

from components.sections.audit import AuditSection
from components.sections.base import Section
from components.sections.data import (
    SPLITS,
    DataSection,
    Fold,
    Metadata,
    PatientSource,
    Split,
    fold,
)
from components.sections.doubt import Doubt
from components.sections.evaluation import EvaluationSection
from components.sections.model import ModelSection
from components.sections.platform import PlatformSection, Pod
from components.sections.retraining import RetrainingSection
from components.sections.serving import ServingSection
from components.sections.training import (
    Augmentation,
    EarlyStopping,
    FineTuning,
    TrainingSection,
)
from components.sections.tuning import TuningSection

__all__ = [
    "SPLITS",
    "AuditSection",
    "Augmentation",
    "DataSection",
    "Doubt",
    "EarlyStopping",
    "EvaluationSection",
    "FineTuning",
    "Fold",
    "Metadata",
    "ModelSection",
    "PatientSource",
    "PlatformSection",
    "Pod",
    "RetrainingSection",
    "Section",
    "ServingSection",
    "Split",
    "TrainingSection",
    "TuningSection",
    "fold",
]
