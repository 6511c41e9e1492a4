"""The errors a user can cause, and mend.

    MedtfxError
    ├── RecipeError      the recipe, or a --set override, is not valid
    ├── DataError        the image folders do not fit the recipe
    ├── AuditError       a finding of the data audit stops the run (in components.data_audit.gate)
    ├── WeightsError     pretrained weights can not be had
    ├── VersionError     a pushed version that is asked for does not exist
    ├── StorageError     artifacts or models can't be kept at an address (in pipeline.storage)
    ├── RunFailedError   a node failed, for a reason the log tells (in pipeline.local)
    ├── ServingError     a model server can't be started, reached or asked (in serving.errors)
    └── SampleDataError  sample data can't be drawn there (in pipeline.sample_data)

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
