"""Batch normalisation folded into the convolution before it, for prediction.

In prediction a batch normalisation multiplies by a constant and adds another one. Multiplied into
the weights of the convolution it costs nothing, and TensorFlow computes convolution, bias and
activation as one operation (Jacob et al. 2018, section 3.2, doi 10.1109/CVPR.2018.00286).
"""

from collections import Counter
from typing import Any

import keras
import numpy as np

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Returns a copy of a functional model, for prediction.

    Args:
        model: may contain further functional models. It is not changed; the copy shares the layers
            that stay the same.

    Returns:
        A model with the outputs that `model` has in inference mode, up to rounding. What was folded
        is not trainable. A batch normalisation that is not alone behind a convolution stays.
    """
    pairs = _pairs(model)
    folded = {before.name: _folded(before, norm) for before, norm in pairs}
    left_out = {norm.name for _, norm in pairs}

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return fold_batch_norm(layer)
        return folded.get(layer.name, layer)

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        return inputs[0] if layer.name in left_out else layer(*inputs, **options)

    return keras.models.clone_model(model, clone_function=copy, call_function=call)


def _pairs(model: keras.Model) -> list[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """Returns the convolutions whose only use is a batch normalisation, each with that one."""
    layers = [one for one in model.layers if not isinstance(one, keras.layers.InputLayer)]
    uses = Counter(id(tensor) for one in layers for tensor in keras.tree.flatten(one.input))
    uses.update(map(id, model.outputs))
    convolutions = {id(one.output): one for one in layers if type(one) in _CONVOLUTIONS}
    return [
        (convolutions[id(norm.input)], norm)
        for norm in layers
        if isinstance(norm, keras.layers.BatchNormalization)
        and id(norm.input) in convolutions
        and uses[id(norm.input)] == 1
        and convolutions[id(norm.input)].activation is keras.activations.linear
    ]


def _folded(convolution: Any, norm: Any) -> keras.layers.Layer:
    """Returns a convolution that does what both do: W' = W * s, b' = (b - mean) * s + beta."""
    copy = type(convolution).from_config(convolution.get_config() | {"use_bias": True})
    copy.build(convolution.input.shape)
    copy.trainable = False
    kernel, mean, variance = (
        np.asarray(values, np.float64)
        for values in (convolution.kernel, norm.moving_mean, norm.moving_variance)
    )
    scale = (np.asarray(norm.gamma) if norm.scale else 1.0) / np.sqrt(variance + norm.epsilon)
    bias = np.asarray(convolution.bias) if convolution.use_bias else 0.0
    shift = np.asarray(norm.beta) if norm.center else 0.0
    # One factor for each output channel; of a depthwise kernel these are its last two dimensions.
    depthwise = isinstance(convolution, keras.layers.DepthwiseConv2D)
    factors = scale.reshape(kernel.shape[2:]) if depthwise else scale
    copy.set_weights([kernel * factors, (bias - mean) * scale + shift])
    return copy
