"""The errors that a user can cause and fix.

    MedtfxError
    ├── RecipeError      the recipe, or a --set override, is not valid
    ├── DataError        the image folders do not fit the recipe
    ├── WeightsError     pretrained weights can't be loaded, or do not fit the backbone
    ├── VersionError     there is no such pushed model or version
    ├── AuditError       the data audit stops a run (in components.data_audit.gate)
    ├── LeakingFoldsError  an image is judged twice, never, or by a model that saw its patient (in
    │                    components.evaluator.out_of_fold)
    ├── BeamError        a runner of Beam can't be used (in pipeline.beam.errors)
    ├── EngineError      an engine of Beam failed, or its job can't be cancelled (pipeline.beam)
    ├── StorageError     artifacts or models can't be written to an address (in components.storage)
    ├── LedgerError      the list of what was trained on can't be read (pipeline.retraining)
    ├── ReasonsError     the list of why runs trained can't be used (in pipeline.retraining)
    ├── RunFailedError   a node failed; the reason is in the log (in pipeline.runs.local)
    ├── ApprovalError    a model can't be approved or rejected (in pipeline.approval.decide)
    ├── ChangedModelError  the files of a model are not those validated (components.saved_model)
    ├── SigningError     a key can't be used to sign or verify (in components.saved_model)
    ├── MetadataError    ML Metadata can't be reached (in pipeline.metadata.connection)
    ├── LineageError     ML Metadata has no such run or model (in pipeline.metadata.graph)
    ├── CompareError     recipes can't be compared (in pipeline.compare.errors)
    ├── UnreachableFloorError  no model can reach a floor on so few patients (in pipeline.plan)
    ├── LooksError       the list of who judged a test split can't be read (in pipeline.looks)
    ├── WornTestSplitError  a test split has judged as many models as it may (in pipeline.looks)
    ├── ExternalError    a model can't be judged on other images (in pipeline.external)
    ├── MonitorError     a model, its log and its labels do not fit together (in pipeline.monitor)
    ├── RequestLogError  the request log can't be written or read (in serving.request_log)
    ├── TensorBoardError there are no curves to show (in pipeline.cli.tensorboard)
    ├── SampleDataError  sample data can't be drawn there (in pipeline.sample_data)
    ├── ScoreError       a folder can't be scored, or its table not be continued (in
    │                    serving.score.errors)
    ├── FetchError       images can't be fetched from a PACS (in serving.dicom.errors)
    ├── ReportError      no report can be made of a study (in serving.dicom.errors)
    ├── DicomNodeError   a DICOM node can't be started (in serving.dicom.errors)
    ├── ServingError     a model server can't be started or reached (in serving.protocol)
    │   ├── ServerUnavailableError, DeadlineError, UnknownServableError, RequestError, ClosedError,
    │   ├── TokenError
    │   ├── PromotionError     a label can't be moved (in serving.promotion.label_move)
    │   └── ModelLoadingError  the page's server is still starting (in serving.app.model)
    └── KubeflowError    a cluster can't be reached, a package not compiled (in kubeflow.errors)
        └── PipelinesError     Kubeflow Pipelines refuses (in kubeflow.client.api_errors)

Each message states the rule, the value received and the remedy. The command line prints only the
message; any other exception is a defect and keeps its traceback.
"""


class MedtfxError(Exception):
    """Base class of the errors that a user can fix."""


def first_line(error: object) -> str:
    """Returns the first line of a message, at most 300 characters; '' for an empty one.

    Libraries append traces and lists to their messages.
    """
    return str(error).strip().partition("\n")[0][:300]


class RecipeError(MedtfxError):
    """The recipe, or an override of one of its values, is not valid."""


class DataError(MedtfxError):
    """The image folders do not fit the recipe."""


class WeightsError(MedtfxError):
    """Pretrained weights are missing or do not fit the backbone."""


class VersionError(MedtfxError):
    """There is no such pushed model or version."""
