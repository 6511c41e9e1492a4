"""The errors a user can cause, and mend.

    MedtfxError
    ├── RecipeError      the recipe, or a --set override, is not valid
    ├── DataError        the image folders do not fit the recipe
    ├── WeightsError     pretrained weights can not be had
    ├── VersionError     a pushed version that is asked for does not exist
    ├── AuditError       the data audit stops a run (in components.data_audit.gate)
    ├── BeamError        a runner of Beam can't be used as it was named (in pipeline.beam.arguments)
    ├── StorageError     artifacts or models can't be kept at an address (components.storage)
    ├── LedgerError      the list of what was trained on can't be read (pipeline.retraining)
    ├── RunFailedError   a node failed, for a reason the log tells (in pipeline.runs.local)
    ├── ApprovalError    a model can't be approved or rejected (in pipeline.approval.decide)
    ├── LineageError     ML Metadata does not know what is asked for (in pipeline.metadata.graph)
    ├── CompareError     recipes can't be compared (in pipeline.compare.errors)
    ├── TensorBoardError there are no curves to show (in pipeline.cli.tensorboard)
    ├── SampleDataError  sample data can't be drawn there (in pipeline.sample_data)
    ├── ScoreError       a folder can't be scored, or its table not be gone on with (in
    │                    serving.score.errors)
    ├── ServingError     a model server can't be started, reached or asked (serving.protocol)
    │   ├── ServerUnavailableError, DeadlineError, UnknownServableError, RequestError
    │   ├── PromotionError     a label can't be moved (in serving.promotion.label_move)
    │   └── ModelLoadingError  the page's server is still starting (in serving.app.model)
    └── KubeflowError    a cluster can't be asked, or a package not be made (in kubeflow.errors)
        └── PipelinesError     Kubeflow Pipelines refuses (in kubeflow.client.api_errors)

Each message states the rule, the value received and the way out. The command line prints the
message alone; anything that is not a `MedtfxError` is a defect and keeps its traceback.
"""


class MedtfxError(Exception):
    """Base of every error that a user can mend."""


class RecipeError(MedtfxError):
    """The recipe, or an override of one of its values, is not valid."""


class DataError(MedtfxError):
    """The image folders do not fit the recipe."""


class WeightsError(MedtfxError):
    """Pretrained weights are missing or do not fit the backbone."""


class VersionError(MedtfxError):
    """A pushed model or version that is asked for does not exist."""
