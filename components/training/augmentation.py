"""Random changes of the training images; the exported model does not contain them."""

import keras

from components.recipe.training import Augmentation


def build_augmentation(section: Augmentation, size: int, seed: int) -> keras.Sequential | None:
    """Builds the layers that augment images.

    Args:
        section: the part `augmentation` of the recipe.
        size: side of the images, in pixels.
        seed: seed of the random changes.

    Returns:
        [B, size, size, C] float32 in 0..255 → the same; None if nothing is changed. Pixels that a
        rotation, shift or shear uncovers are black, as the border of a radiograph is.
    """
    stack = [*_geometric(section, size, seed), *_photometric(section, seed)]
    return keras.Sequential(stack, name="augmentation") if stack else None


def augment_marked(augmentation: keras.Model, shape: tuple[int, ...]) -> keras.Model:
    """Builds a model that augments only the images that are marked.

    Args:
        augmentation: the layers of `build_augmentation`.
        shape: [H, W, C] of an image.

    Returns:
        (pixels [B, H, W, C], marks bool [B]) → pixels [B, H, W, C].
    """
    pixels, marks = keras.Input(shape), keras.Input((), dtype="bool")
    marked = keras.ops.reshape(marks, (-1, 1, 1, 1))
    chosen = keras.ops.where(marked, augmentation(pixels), pixels)
    return keras.Model([pixels, marks], chosen, name="augmented_copies")


def _geometric(section: Augmentation, size: int, seed: int) -> list[keras.layers.Layer]:
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


def _photometric(section: Augmentation, seed: int) -> list[keras.layers.Layer]:
    layers = keras.layers
    stack: list[keras.layers.Layer] = []
    if section.contrast:
        stack.append(layers.RandomContrast(section.contrast, seed=seed))
    if section.brightness:
        stack.append(layers.RandomBrightness(section.brightness, seed=seed))
    if section.noise:
        # The layer is for pixels in 0..1 and may leave that range; a ReLU with a maximum clips.
        noise = layers.GaussianNoise(section.noise, seed=seed)
        stack += [layers.Rescaling(1 / 255), noise, layers.ReLU(1.0), layers.Rescaling(255.0)]
    return stack
