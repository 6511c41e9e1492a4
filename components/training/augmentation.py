"""Random changes of the training images; the exported model does not contain them."""

import keras

from components.recipe.training import Augmentation


def build_augmentation(section: Augmentation, size: int, seed: int) -> keras.Sequential | None:
    """Builds the layers that change images [B, size, size, C] float32 in 0..255, or None for none.

    They stay in 0..255. What a turn, shift or shear uncovers is black, as the border of a
    radiograph is.
    """
    stack = [*_moved(section, size, seed), *_recoloured(section, seed)]
    return keras.Sequential(stack, name="augmentation") if stack else None


def _moved(section: Augmentation, size: int, seed: int) -> list[keras.layers.Layer]:
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
    if section.shear:
        stack.append(layers.RandomShear(section.shear, section.shear, **fill))
    if section.crop:
        window = max(1, round(size * (1 - section.crop)))
        stack += [layers.RandomCrop(window, window, seed=seed), layers.Resizing(size, size)]
    return stack


def _recoloured(section: Augmentation, seed: int) -> list[keras.layers.Layer]:
    layers = keras.layers
    stack: list[keras.layers.Layer] = []
    if section.contrast:
        stack.append(layers.RandomContrast(section.contrast, seed=seed))
    if section.brightness:
        stack.append(layers.RandomBrightness(section.brightness, seed=seed))
    if section.noise:
        # The layer knows pixels of 0..1 alone, and leaves them; a ReLU with a ceiling clips.
        noise = layers.GaussianNoise(section.noise, seed=seed)
        stack += [layers.Rescaling(1 / 255), noise, layers.ReLU(1.0), layers.Rescaling(255.0)]
    return stack
