"""Random changes of the training images; the exported model does not contain them."""

import keras

from components.sections import Augmentation


def build_augmentation(section: Augmentation, seed: int) -> keras.Sequential | None:
    """Builds the layers that change images [B, H, W, C] float32 in 0..255, or None for none.

    What a turn or shift uncovers is black, as the border of a radiograph is.
    """
    layers = keras.layers
    fill = {"fill_mode": "constant", "fill_value": 0.0, "seed": seed}
    stack: list[keras.layers.Layer] = []
    if section.flip:
        stack.append(layers.RandomFlip("horizontal", seed=seed))
    if section.rotation:
        stack.append(layers.RandomRotation(section.rotation, **fill))
    if section.zoom:
        stack.append(layers.RandomZoom((-section.zoom, section.zoom), **fill))
    if section.translation:
        stack.append(layers.RandomTranslation(section.translation, section.translation, **fill))
    if section.contrast:
        stack.append(layers.RandomContrast(section.contrast, seed=seed))
    if section.brightness:
        stack.append(layers.RandomBrightness(section.brightness, seed=seed))
    return keras.Sequential(stack, name="augmentation") if stack else None
