"""The driver: an inconclusive verdict is not taken from the cache."""

from tfx.dsl.components.base import base_driver as dsl_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver, data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.gate.serving_blessing import INCONCLUSIVE, MODEL_ID


class Driver(dsl_driver.BaseDriver, base_driver.BaseDriver):
    """Adds `earlier_attempts` to the execution properties.

    It is the number of inconclusive verdicts about this model, whose cause may be a slow or full
    machine. With another number, TFX's cache has no execution, and the next run tries again. After
    a conclusive verdict the number stays the same, and the cache has its execution.

    TFX's component classes require the first base class, its portable launcher the second.
    """

    def __init__(self, metadata_handle: metadata.Metadata):
        dsl_driver.BaseDriver.__init__(self, metadata_handle)
        base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the execution properties with the number; the outputs are unchanged."""
        model = artifact_utils.get_single_instance(execution_info.input_dict["model"])
        properties = dict(execution_info.exec_properties)
        properties["earlier_attempts"] = self._inconclusive_verdicts(model.id)
        output = driver_output_pb2.DriverOutput()
        for name, value in properties.items():
            if value is not None:
                data_types_utils.set_metadata_value(output.exec_properties[name], value)
        return output

    def _inconclusive_verdicts(self, model_id: int) -> int:
        with self._mlmd_connection as handle:
            blessings = handle.store.get_artifacts_by_type(
                standard_artifacts.InfraBlessing.TYPE_NAME
            )
        return sum(
            blessing.custom_properties[MODEL_ID].int_value == model_id
            and blessing.custom_properties[INCONCLUSIVE].int_value == 1
            for blessing in blessings
        )
