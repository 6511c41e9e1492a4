"""The last feature map of each resolution of a network.

Early maps describe texture, late ones objects. A head on both is more accurate for images that
differ from the photographs of ImageNet.
"""

import keras

from components.runtime.errors import RecipeError


def with_levels(backbone: keras.Model, levels: int, name: str) -> keras.Model:
    """Returns a model with the last feature map of each of the last `levels` resolutions.

    Args:
        backbone: a model from scaled pixels to one feature map.
        levels: number of resolutions; 1 for the output of the backbone alone.
        name: name of the returned model.

    Returns:
        A model that shares the layers of the backbone, from scaled pixels to a list of `levels`
        feature maps [B, h, w, F], the finest first, the output of the backbone last.

    Raises:
        RecipeError: the network has fewer resolutions.
    """
    ends = _earlier_ends(backbone) if levels > 1 else []
    if levels - 1 > len(ends):
        raise RecipeError(
            f"model.levels is {levels}, and {backbone.name} has {len(ends) + 1} resolutions at "
            f"{backbone.input_shape[1]} pixels: take at most {len(ends) + 1}."
        )
    maps = [*ends[len(ends) - levels + 1 :], backbone.output]
    return keras.Model(backbone.input, maps, name=name)


def _earlier_ends(backbone: keras.Model) -> list[keras.KerasTensor]:
    """Returns the last map of each resolution finer than the output, the finest first.

    Only a map through which everything passes is taken: in a network with branches, the other maps
    hold a part of the information.
    """
    ends: dict[int, keras.KerasTensor] = {}
    last_use = _last_uses(backbone)
    still_used = 0
    for place, layer in enumerate(backbone.layers):
        passes_everything = still_used <= place
        still_used = max(still_used, last_use.get(id(layer.output), 0))
        # Padding makes another resolution without another content.
        if passes_everything and not isinstance(layer, keras.layers.ZeroPadding2D):
            ends[layer.output.shape[1]] = layer.output
    largest, smallest = backbone.input_shape[1], backbone.output.shape[1]
    return [tensor for side, tensor in ends.items() if largest > side > smallest]


def _last_uses(backbone: keras.Model) -> dict[int, int]:
    """Returns id of a tensor → index of the last layer that takes it."""
    return {
        id(tensor): place
        for place, layer in enumerate(backbone.layers)
        if not isinstance(layer, keras.layers.InputLayer)
        for tensor in keras.tree.flatten(layer.input)
    }
