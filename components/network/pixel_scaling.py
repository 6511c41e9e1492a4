"""From pixels in 0..255 to the range that a backbone was trained with."""

import keras

_IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_IMAGENET_VARIANCE = ((0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2)
_CAFFE_BGR_MEAN = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable("medtfx")
class PixelScaling(keras.layers.Layer):
    """Scales pixels 0..255 to the range of the backbone, and repeats grey to three channels.

    Args:
        mode: `tf`, `torch`, `caffe` or `none` as in `Backbone.scaling`; `unit` for 0..1; `dataset`
            for mean 0 and standard deviation 1.
        mean: mean grey value of the data set in 0..255, for `dataset`.
        std: standard deviation of its grey values, for `dataset`.
        channels: channels of the backbone's input, 1 or 3.
    """

    def __init__(self, mode: str, mean: float, std: float, channels: int, **options: object):
        super().__init__(**options)
        self.mode, self.mean, self.std, self.channels = mode, mean, std, channels

    def call(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        """Scales [B, H, W, C] to [B, H, W, channels], of the same float type."""
        ops = keras.ops
        if pixels.shape[-1] == 1 and self.channels == 3:
            pixels = ops.repeat(pixels, 3, axis=-1)
        if self.mode == "tf":
            return pixels / 127.5 - 1.0
        if self.mode == "unit":
            return pixels / 255.0
        if self.mode == "dataset":
            return (pixels - self.mean) / self.std
        if self.mode == "torch":
            mean, variance = ops.array(_IMAGENET_MEAN), ops.array(_IMAGENET_VARIANCE)
            return (pixels - ops.cast(mean, pixels.dtype)) / ops.cast(
                ops.sqrt(variance), pixels.dtype
            )
        if self.mode == "caffe":
            return ops.flip(pixels, axis=-1) - ops.cast(ops.array(_CAFFE_BGR_MEAN), pixels.dtype)
        return pixels
