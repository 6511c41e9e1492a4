"""The section `model`: the architecture of the network."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.recipe.base import Positive, Section

SCRATCH = "scratch_cnn"

Size = Annotated[int, Field(ge=16, le=1024)]
Width = Annotated[float, Field(gt=0, le=2)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Contrast = Literal["as_is", "clahe"]


class Member(Section):
    """One of several backbones of an ensemble.

    Attributes:
        backbone: as `model.backbone`.
        alpha: as `model.alpha`.
        weights: as `model.weights`, which is the default.
        size: as `model.size`, which is the default. The same backbone at two sizes sees fine and
            coarse structure.
        contrast: as `model.contrast`, which is the default.
    """

    backbone: str
    alpha: Width = 1.0
    weights: str | None = None
    size: Size | None = None
    contrast: Contrast | None = None


class ModelSection(Section):
    """The architecture of the network.

    Attributes:
        backbone: name of a network of keras.applications, such as `mobilenet_v2`, or `scratch_cnn`,
            a small network that starts from random weights. None: see `members`.
        alpha: width multiplier of a MobileNet; other backbones ignore it.
        weights: weights that training starts from: `imagenet`, `none` (random), or the path of a
            Keras weights file. `imagenet` first looks into the folder that the environment variable
            MEDTFX_WEIGHTS names, then downloads.
        size: side of the square image that the backbone takes, in pixels; the model resizes to it
            from `data.image_size`. None: the backbone takes the image as it is.
        contrast: `clahe` equalises the local contrast inside the model (contrast-limited adaptive
            histogram equalisation), which shows faint structures and hides differences of exposure;
            `as_is` leaves the image unchanged.
        members: several backbones in place of `backbone`: an ensemble that is trained as one model.
        combine: `concat` joins the features of all members and puts one head on them; `average`
            gives each member a head and averages their probabilities. The loss is that of the
            average.
        filters: number of filters of each convolution block of `scratch_cnn`.
        padding: padding of the convolutions of `scratch_cnn`.
        batch_norm: whether batch normalisation follows the convolutions of `scratch_cnn`.
        block_dropout: dropout rate after each convolution of `scratch_cnn`, before max-pooling.
        normalisation: how pixel values are scaled: `backbone` as in the training of the backbone,
            `dataset` to mean 0 and standard deviation 1 over the train split, `unit` to 0..1.
        levels: number of resolutions whose feature maps are used: the last map of each of the last
            `levels` resolutions. All but the last one are averaged over the image.
        pooling: how the last feature map becomes a vector: average, maximum, or flattened.
        standardise: whether the pooled features are scaled to mean 0 and standard deviation 1, as
            measured on the train split before training.
        dense: number of units of each hidden layer of the head.
        dropout: dropout rate before the last layer.
        l2: weight of the L2 penalty of the head in the loss.
        head: `softmax`, or `sigmoid` with one unit, the probability of the second of two classes.
        flip_tta: whether the served model averages the probabilities of the image and of its mirror
            image (test-time augmentation). Prediction then takes twice the time.
        stored_weights: `float16` halves the file of the model: the weights of its backbones are
            rounded to 11 bits, before training where they stay frozen, else after it. It is
            calibrated, judged and served with these weights, and still computes in float32.
            Against `float32`, probabilities may differ by some 0.01.
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
    stored_weights: Literal["float32", "float16"] = "float32"

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
        """One section for each backbone, with no other backbone in it."""
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
        """Whether the backbones start from given weights, and so are frozen in the first phase."""
        if self.members:
            return self.networks[0].pretrained
        return self.backbone != SCRATCH and self.weights != "none"

    @property
    def title(self) -> str:
        """The network in a few words: `2 x mobilenet + densenet201`."""
        names = [str(network.backbone) for network in self.networks]
        counted = [(name, names.count(name)) for name in dict.fromkeys(names)]
        return " + ".join(f"{count} x {name}" if count > 1 else name for name, count in counted)
