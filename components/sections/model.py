"""The section `model`: the network."""

from typing import Annotated, Literal

from pydantic import Field

from components.sections.base import Positive, Section


class ModelSection(Section):
    """The network.

    Attributes:
        backbone: a name of `components.trainer.backbones.BACKBONES`, or `scratch_cnn`.
        alpha: width of a MobileNet; ignored by the others.
        weights: `imagenet`, `none`, or the path of a Keras weights file. `imagenet` first looks
            into the folder named by the environment variable MEDTFX_WEIGHTS, then downloads.
        filters: of each convolution block of `scratch_cnn`.
        normalisation: `backbone` scales pixels as the backbone was trained, `dataset` by the mean
            and standard deviation of the training split.
        pooling: of the last feature map.
        dense: units of the hidden layers of the head.
        dropout: before the last layer.
    """

    backbone: str
    alpha: Annotated[float, Field(gt=0, le=2)] = 1.0
    weights: str = "imagenet"
    filters: tuple[Positive, ...] = (32, 64, 128, 256)
    normalisation: Literal["backbone", "dataset"] = "backbone"
    pooling: Literal["avg", "max", "flatten"] = "avg"
    dense: tuple[Positive, ...] = ()
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
