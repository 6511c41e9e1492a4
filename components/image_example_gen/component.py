"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.artifacts import Quarantine
from components.image_example_gen.driver import Driver
from components.image_example_gen.executor import Executor
from components.recipe.data import DataSection


class ImageExampleGenSpec(types.ComponentSpec):
    """Channels and parameters of `ImageExampleGen`."""

    PARAMETERS = {
        "input_base": ExecutionParameter(type=str),
        "data": ExecutionParameter(type=str),
        "unlabelled": ExecutionParameter(type=int),
        "home": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "quarantine": ChannelParameter(type=Quarantine),
    }


class ImageExampleGen(base_beam_component.BaseBeamComponent):
    """Turns a folder of image folders into tf.Examples, split by patient.

    In a pipeline:

        example_gen = ImageExampleGen("xrays", recipe.data, "medtfx-home", source)
        StatisticsGen(examples=example_gen.outputs["examples"])

    Outputs:
        examples: splits `train`, `eval` and `test` (or `unlabelled`); see `examples.features`.
        quarantine: every file that was not used, with its reason.
    """

    SPEC_CLASS = ImageExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        input_base: str,
        data: DataSection,
        home: str,
        source: str,
        unlabelled: bool = False,
    ):
        """Builds the node.

        Args:
            input_base: the data folder: a local path, or one of a Beam file system.
            data: the recipe's section.
            home: local folder that keeps the site's patient key.
            source: digest of the code behind the node.
            unlabelled: take every image whatever its folder, without label, in one split.
        """
        super().__init__(
            spec=ImageExampleGenSpec(
                input_base=input_base,
                data=data.as_read().model_dump_json(by_alias=True),
                unlabelled=int(unlabelled),
                home=home,
                source=source,
                examples=types.Channel(type=standard_artifacts.Examples),
                quarantine=types.Channel(type=Quarantine),
            )
        )
