"""A whole recipe: all sections, and the rules between them."""

from pydantic import Field, model_validator

from components.recipe.audit import AuditSection
from components.recipe.base import Section
from components.recipe.data import DataSection
from components.recipe.evaluation import EvaluationSection
from components.recipe.model import ModelSection
from components.recipe.platform import PlatformSection
from components.recipe.retraining import RetrainingSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.recipe.tuning import TuningSection

_BUILT_IN_FEATURES = ("label", "format")


class Recipe(Section):
    """A whole recipe.

    Attributes:
        name: also the name of the pipeline, under which runs and blessed models are looked up.
        summary: one line for `medtfx recipes`.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)
    summary: str
    data: DataSection
    audit: AuditSection = AuditSection()
    model: ModelSection
    training: TrainingSection = TrainingSection()
    evaluation: EvaluationSection
    serving: ServingSection = ServingSection()
    platform: PlatformSection = PlatformSection()
    retraining: RetrainingSection = RetrainingSection()
    tuning: TuningSection = TuningSection()

    @property
    def model_name(self) -> str:
        """Name under which the model is pushed and served."""
        return self.serving.model_name or self.name

    @model_validator(mode="after")
    def _every_class_has_a_floor(self) -> "Recipe":
        floors = self.evaluation.recall_floor
        if isinstance(floors, dict) and set(floors) != set(self.data.classes):
            raise ValueError(
                "evaluation.recall_floor must name every class, so that no class can be missed "
                f"unseen. Classes: {list(self.data.classes)}; floors for: {sorted(floors)}"
            )
        return self

    @model_validator(mode="after")
    def _a_sigmoid_tells_two_classes_apart(self) -> "Recipe":
        if self.model.head == "sigmoid" and len(self.data.classes) != 2:
            raise ValueError(
                f"model.head `sigmoid` tells two classes apart, and data.classes has "
                f"{len(self.data.classes)}: use `softmax`"
            )
        return self

    @model_validator(mode="after")
    def _what_is_refitted_is_frozen(self) -> "Recipe":
        if self.training.refit and not self.model.pretrained:
            raise ValueError(
                "training.refit is for a frozen backbone, and without model.weights it has to learn"
            )
        return self

    @model_validator(mode="after")
    def _every_gpu_works(self) -> "Recipe":
        gpus = self.platform.pod("Trainer").gpu or 0
        if gpus > 1 and self.training.strategy == "default":
            raise ValueError(
                f"platform.nodes.Trainer.gpu is {gpus}, and training.strategy `default` uses one "
                "of them: set training.strategy to `mirrored`"
            )
        return self

    @model_validator(mode="after")
    def _new_patients_are_of_classes(self) -> "Recipe":
        if stray := set(self.retraining.min_new_per_class) - set(self.data.classes):
            raise ValueError(
                f"retraining.min_new_per_class names {sorted(stray)}, not among the classes "
                f"{list(self.data.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _slices_are_features(self) -> "Recipe":
        metadata = self.data.metadata
        known = set(_BUILT_IN_FEATURES)
        if metadata:
            known |= set(metadata.columns) | {f"{column}_band" for column in metadata.bands}
        if stray := set(self.evaluation.slices) - known:
            raise ValueError(
                f"evaluation.slices names {sorted(stray)}; the features that can be sliced by are "
                f"{sorted(known)}: add the column to data.metadata.columns"
            )
        return self
