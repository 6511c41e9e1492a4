"""The feature maps at the ends of a network's resolutions.

Early maps know texture, late ones objects. For images unlike the photographs that a network was
trained on, a head does better on both.
"""

import keras

from components.runtime.errors import RecipeError


def with_levels(backbone: keras.Model, levels: int, name: str) -> keras.Model:
    """Gives a network the last feature map of each of its last `levels` resolutions as outputs.

    Args:
        backbone: scaled pixels to a feature map.
        levels: 1 for the backbone's own output alone.
        name: of the model that is returned.

    Returns:
        A model that shares the backbone's layers, from scaled pixels to a list of `levels` feature
        maps [B, h, w, F], the finest first, the backbone's own output last.

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
    """Returns the last map of each resolution before the output's, the finest first.

    A map counts when nothing computed before it is used after it: in a network with branches, the
    others are fragments.
    """
    ends: dict[int, keras.KerasTensor] = {}
    last_use = _last_uses(backbone)
    still_used = 0
    for place, layer in enumerate(backbone.layers):
        passes_everything = still_used <= place
        still_used = max(still_used, last_use.get(id(layer.output), 0))
        # Borders of zeros make a resolution of their own that says nothing.
        if passes_everything and not isinstance(layer, keras.layers.ZeroPadding2D):
            ends[layer.output.shape[1]] = layer.output
    largest, smallest = backbone.input_shape[1], backbone.output.shape[1]
    return [tensor for side, tensor in ends.items() if largest > side > smallest]


def _last_uses(backbone: keras.Model) -> dict[int, int]:
    """Returns id of a tensor → place of the last layer that takes it."""
    return {
        id(tensor): place
        for place, layer in enumerate(backbone.layers)
        if not isinstance(layer, keras.layers.InputLayer)
        for tensor in keras.tree.flatten(layer.input)
    }
