import keras
import numpy as np
import pytest

from components.network.folding import fold_batch_norm

layers = keras.layers


def pixels(count=2):
    return np.random.default_rng(0).normal(size=(count, 16, 16, 3)).astype("float32")


def with_statistics(model):
    """Gives each batch normalisation statistics as after a training; one alone changes nothing."""
    dice = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([dice.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return model


def norms(model):
    return [one for one in model.layers if isinstance(one, layers.BatchNormalization)]


@pytest.mark.parametrize("name", ["MobileNetV2", "MobileNet", "EfficientNetB0"])
def test_a_folded_backbone_has_the_same_outputs(name):
    backbone = getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    seen = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    with_statistics(backbone)
    folded = fold_batch_norm(backbone)
    assert not norms(folded)
    expected = backbone(seen, training=False).numpy()
    np.testing.assert_allclose(
        folded(seen, training=False), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max()
    )


@pytest.mark.parametrize("options", [{}, {"center": False, "scale": False}])
@pytest.mark.parametrize("convolution", [layers.Conv2D(4, 3), layers.DepthwiseConv2D(3)])
def test_bias_activation_and_the_parts_of_a_normalisation(convolution, options):
    copy = type(convolution).from_config(convolution.get_config())
    inputs = keras.Input((16, 16, 3))
    outputs = layers.ReLU()(layers.BatchNormalization(**options)(copy(inputs)))
    model = with_statistics(keras.Model(inputs, outputs))
    copy.bias.assign(np.arange(copy.bias.shape[0]))
    folded = fold_batch_norm(model)
    assert not norms(folded)
    np.testing.assert_allclose(folded(pixels()), model(pixels(), training=False), atol=1e-5)


def test_the_model_itself_stays_as_it_is():
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs)))
    with_statistics(model)
    before = [weight.copy() for weight in model.get_weights()]
    folded = fold_batch_norm(model)
    assert not folded.trainable_variables
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_models_inside_of_models_are_folded_too():
    inner_input = keras.Input((16, 16, 3))
    inner = with_statistics(
        keras.Model(inner_input, layers.BatchNormalization()(layers.Conv2D(4, 3)(inner_input)))
    )
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, inner(layers.Rescaling(0.5)(inputs), training=False))
    folded = fold_batch_norm(model)
    assert len(folded.weights) == 2
    np.testing.assert_allclose(folded(pixels()), model(pixels()), atol=1e-5)


def test_a_convolution_that_is_used_elsewhere_too_is_not_changed():
    inputs = keras.Input((16, 16, 3))
    convolved = layers.Conv2D(4, 3)(inputs)
    model = keras.Model(inputs, [layers.BatchNormalization()(convolved), convolved])
    assert norms(fold_batch_norm(model))


def test_an_activation_in_between_is_respected():
    inputs = keras.Input((16, 16, 3))
    convolved = layers.Conv2D(4, 3, activation="relu")(inputs)
    model = keras.Model(inputs, layers.BatchNormalization()(convolved))
    assert norms(fold_batch_norm(model))
