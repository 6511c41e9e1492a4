"""Fingerprints the data folder before the node runs, so that the cache sees every change."""

import hashlib

from tfx.dsl.components.base import base_driver as dsl_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver, data_types
from tfx.proto.orchestration import driver_output_pb2

from components.image_example_gen.listing.listing import fingerprint
from components.storage.listed_once import walk_files
from components.storage.patient_key import patient_key


class Driver(dsl_driver.BaseDriver, base_driver.BaseDriver):
    """Adds `data_fingerprint` and `key_fingerprint` to the execution properties.

    TFX's component classes ask for the first base, its portable launcher for the second.
    """

    def __init__(self, metadata_handle: metadata.Metadata):
        dsl_driver.BaseDriver.__init__(self, metadata_handle)
        base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Returns the execution properties with the fingerprints; the outputs stay as they are."""
        properties = dict(execution_info.exec_properties)
        properties["data_fingerprint"] = fingerprint(walk_files(properties["input_base"]))
        key = patient_key(properties["home"])
        properties["key_fingerprint"] = hashlib.sha256(key).hexdigest()[:16]
        output = driver_output_pb2.DriverOutput()
        for name, value in properties.items():
            if value is not None:
                data_types_utils.set_metadata_value(output.exec_properties[name], value)
        return output
