"""A recipe: all sections, and the rules that concern more than one of them."""

from pydantic import Field, model_validator

from components.recipe.audit import AuditSection
from components.recipe.base import Section
from components.recipe.data import DataSection
from components.recipe.dicom import DicomSection
from components.recipe.evaluation import EvaluationSection
from components.recipe.model import ModelSection
from components.recipe.platform import PlatformSection
from components.recipe.retraining import RetrainingSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.recipe.tuning import TuningSection

_BUILT_IN_FEATURES = ("label", "format")


class Recipe(Section):
    """A recipe: all that decides which model a pipeline makes, and how it is served.

    Attributes:
        name: name of the recipe and of its pipeline, of lower-case letters, digits and hyphens:
            runs and blessed models are found by it.
        summary: one line for `medtfx recipes`.
        data: the images, their classes and patients, and how they are split.
        audit: which problems of the data are looked for, and which stop the run.
        model: the architecture of the network.
        training: how the network is trained.
        evaluation: what a model must reach to be blessed.
        serving: how the model is served, and on which machines.
        platform: resources of the nodes on a Kubernetes cluster.
        retraining: how much new data starts another training.
        tuning: the search space of `medtfx tune`.
        dicom: which images of a PACS are answered, and where the results go.
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
    dicom: DicomSection = DicomSection()

    @property
    def model_name(self) -> str:
        """Name under which the model is pushed and served."""
        return self.serving.model_name or self.name

    @model_validator(mode="after")
    def _every_class_has_a_floor(self) -> "Recipe":
        floors = self.evaluation.recall_floor
        if isinstance(floors, dict) and set(floors) != set(self.data.classes):
            raise ValueError(
                "evaluation.recall_floor must name every class, so that none is missed. "
                f"Classes: {list(self.data.classes)}; floors for: {sorted(floors)}"
            )
        return self

    @model_validator(mode="after")
    def _expected_recall_names_classes(self) -> "Recipe":
        expected = self.evaluation.expected_recall
        if isinstance(expected, dict) and (stray := set(expected) - set(self.data.classes)):
            raise ValueError(
                f"evaluation.expected_recall names {sorted(stray)}, not among the classes "
                f"{list(self.data.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_split(self) -> "Recipe":
        if self.evaluation.folds and self.data.fold:
            raise ValueError(
                "evaluation.folds makes a model of each fold, and data.fold is one fold of them: "
                f"leave one out. Received: {self.evaluation.folds} folds and fold "
                f"{self.data.fold.number} of {self.data.fold.of}"
            )
        if self.evaluation.folds and self.data.folder_splits == "use":
            raise ValueError(
                "evaluation.folds splits all images again, by patient, and data.folder_splits "
                "`use` keeps the folders' own splits: set data.folder_splits to `merge`, or leave "
                "folds out"
            )
        return self

    @model_validator(mode="after")
    def _sigmoid_has_two_classes(self) -> "Recipe":
        if self.model.head == "sigmoid" and len(self.data.classes) != 2:
            raise ValueError(
                "model.head `sigmoid` is for two classes; use `softmax`. data.classes has "
                f"{len(self.data.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _refit_needs_a_frozen_backbone(self) -> "Recipe":
        if self.training.refit and not self.model.pretrained:
            raise ValueError(
                "training.refit is for a frozen backbone: set model.weights, or leave refit out"
            )
        return self

    @model_validator(mode="after")
    def _every_gpu_is_used(self) -> "Recipe":
        gpus = self.platform.resources("Trainer").gpu or 0
        if gpus > 1 and self.training.strategy == "default":
            raise ValueError(
                f"platform.nodes.Trainer.gpu is {gpus}, and training.strategy `default` uses one "
                "of them: set training.strategy to `mirrored`"
            )
        return self

    @model_validator(mode="after")
    def _min_new_per_class_names_classes(self) -> "Recipe":
        if stray := set(self.retraining.min_new_per_class) - set(self.data.classes):
            raise ValueError(
                f"retraining.min_new_per_class names {sorted(stray)}, not among the classes "
                f"{list(self.data.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _findings_name_classes(self) -> "Recipe":
        if stray := set(self.dicom.report.findings) - set(self.data.classes):
            raise ValueError(
                f"dicom.report.findings names {sorted(stray)}, not among the classes "
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
