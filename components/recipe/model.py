"""The section `model`: the network."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.recipe.base import Positive, Section

SCRATCH = "scratch_cnn"

Size = Annotated[int, Field(ge=16, le=1024)]
Width = Annotated[float, Field(gt=0, le=2)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Contrast = Literal["as_is", "clahe"]


class Member(Section):
    """One of several backbones.

    Attributes:
        backbone: as in `model`.
        alpha: as in `model`.
        weights: as in `model`; None: what `model.weights` says.
        size: as in `model`; None: what `model.size` says. The same backbone at two sizes sees fine
            and coarse structure.
        contrast: as in `model`; None: what `model.contrast` says.
    """

    backbone: str
    alpha: Width = 1.0
    weights: str | None = None
    size: Size | None = None
    contrast: Contrast | None = None


class ModelSection(Section):
    """The network.

    Attributes:
        backbone: a name of `components.network.backbones.BACKBONES`, or `scratch_cnn`.
        alpha: width of a MobileNet; ignored by the others.
        weights: `imagenet`, `none`, or the path of a Keras weights file. `imagenet` first looks
            into the folder named by the environment variable MEDTFX_WEIGHTS, then downloads.
        size: side of the square that the backbone sees, in pixels, resized from `data.image_size`
            within the model; None: as it comes.
        contrast: `clahe` equalises local contrast within the model: what is faint shows, and
            exposure tells less; `as_is` leaves the image alone.
        members: several backbones in place of one.
        combine: `concat` puts one head on the features of all members, `average` gives each its
            own head and averages their probabilities; they learn together, by the loss of the
            average, so that what is watched and kept is what is served.
        filters: of each convolution block of `scratch_cnn`.
        padding: of its convolutions.
        batch_norm: whether they are followed by a batch norm.
        block_dropout: after each of them, before the max-pooling.
        normalisation: `backbone` scales pixels as the backbone was trained, `dataset` by the mean
            and standard deviation of the training split, `unit` to 0..1.
        levels: how many feature maps are used: the last one of each of the last `levels`
            resolutions. The earlier ones are averaged over the image.
        pooling: of the last feature map.
        standardise: whether the pooled features are brought to mean 0 and deviation 1, as they are
            on the training split before training.
        dense: units of the hidden layers of the head.
        dropout: before the last layer.
        l2: weight of the squared weights of the head in the loss.
        head: `softmax`, or `sigmoid` for two classes: one unit, for the second class.
        flip_tta: whether the served model averages the probabilities of the image and of its
            mirror image, at twice the work.
    """

    backbone: str | None = None
    alpha: Width = 1.0
    weights: str = "imagenet"
    size: Size | None = None
    contrast: Contrast = "as_is"
    members: tuple[Member, ...] = ()
    combine: Literal["concat", "average"] = "concat"
    filters: tuple[Positive, ...] = (32, 64, 128, 256)
    padding: Literal["same", "valid"] = "same"
    batch_norm: bool = True
    block_dropout: Dropout = 0.0
    normalisation: Literal["backbone", "dataset", "unit"] = "backbone"
    levels: Positive = 1
    pooling: Literal["avg", "max", "flatten"] = "avg"
    standardise: bool = False
    dense: tuple[Positive, ...] = ()
    dropout: Dropout = 0.2
    l2: Annotated[float, Field(ge=0)] = 0.0
    head: Literal["softmax", "sigmoid"] = "softmax"
    flip_tta: bool = False

    @model_validator(mode="after")
    def _one_or_several(self) -> "ModelSection":
        if (self.backbone is None) == (not self.members):
            raise ValueError(
                "give either `backbone`, or `members` with a backbone each"
                + ("" if self.members else f"; a backbone is e.g. mobilenet_v2 or {SCRATCH}")
            )
        return self

    @model_validator(mode="after")
    def _all_or_none_pretrained(self) -> "ModelSection":
        if len({network.pretrained for network in self.networks}) > 1:
            raise ValueError(
                "the members must all start from weights, or none of them: a backbone without "
                "weights has to learn from the first step, one with weights is frozen then"
            )
        return self

    @property
    def networks(self) -> tuple["ModelSection", ...]:
        """A section for each backbone, with that backbone alone."""
        if not self.members:
            return (self,)
        return tuple(
            self.model_copy(
                update={
                    "backbone": member.backbone,
                    "alpha": member.alpha,
                    "weights": member.weights or self.weights,
                    "size": member.size or self.size,
                    "contrast": member.contrast or self.contrast,
                    "members": (),
                }
            )
            for member in self.members
        )

    @property
    def pretrained(self) -> bool:
        """Whether the backbones start from weights, and so are frozen in the first phase."""
        if self.members:
            return self.networks[0].pretrained
        return self.backbone != SCRATCH and self.weights != "none"

    @property
    def title(self) -> str:
        """The network in a few words: `2 x mobilenet + densenet201`."""
        names = [str(network.backbone) for network in self.networks]
        counted = [(name, names.count(name)) for name in dict.fromkeys(names)]
        return " + ".join(f"{count} x {name}" if count > 1 else name for name, count in counted)
