"""A good export and broken ones, side by side on one embedded server in a process of its own.

What is no prediction in the first place: `tests/components/saved_model/test_prediction_check.py`.
"""

import numpy as np
import pytest
import tensorflow as tf

from components.saved_model.manifest import write_manifest
from components.serving_validator import checks
from components.serving_validator.served_model import ServedModel
from components.serving_validator.server_process import ServerProcess
from components.serving_validator.unservable import UnservableError
from components.trainer.export import Exporter

TOLERANCE = checks.FLOAT32_TOLERANCE


class OutOfOrder(Exporter):
    def with_labels(self, outputs):
        good = super().with_labels(outputs)
        return good | {"label": good["labels"][:, 0]}


class NoHeatmap(Exporter):
    def signatures(self, copies=()):
        return super().signatures(copies) | {
            "explain": super().signatures(copies)["serving_default"]
        }


class NoExplanation(Exporter):
    def signatures(self, copies=()):
        return {name: f for name, f in super().signatures(copies).items() if name != "explain"}


class WildHeatmap(Exporter):
    def signatures(self, copies=()):
        explain = super().signatures(copies)["explain"]

        @tf.function(input_signature=explain.input_signature, autograph=False)
        def wild(image_bytes):
            good = explain(image_bytes)
            return good | {"heatmap": good["heatmap"] - 0.5}

        return super().signatures(copies) | {"explain": wild}


class DependsOnBatch(Exporter):
    def with_uncertainty(self, pixels, vector, probabilities):
        batch = tf.cast(tf.shape(probabilities)[0], tf.float32)
        skewed = tf.nn.softmax(tf.math.log(probabilities) * batch)
        return super().with_uncertainty(pixels, vector, skewed)


class AcceptsAnything(Exporter):
    def pixels(self, encoded):
        is_png = tf.strings.substr(encoded, 0, 4) == b"\x89PNG"
        blank = tf.io.encode_png(tf.zeros([1, 1, 1], tf.uint8))
        return super().pixels(tf.where(is_png, encoded, blank))


class NeverEnds(Exporter):
    def with_uncertainty(self, pixels, vector, probabilities):
        _, probabilities = tf.while_loop(
            lambda step, _: step >= 0,
            lambda step, values: (step, tf.nn.softmax(values)),
            [tf.constant(0), probabilities],
            maximum_iterations=None,
        )
        return super().with_uncertainty(pixels, vector, probabilities)


class TracksKeras(Exporter):
    """As Keras 3 models must not be exported: a TF-1-style session misses their variables."""

    def save(self, path, recipe):
        root = tf.Module()
        root.transform, root.network = self.transform, self.network.classifier
        tf.saved_model.save(root, path, signatures=self.signatures())


def diverged(network):
    weights = network.classifier.get_weights()
    network.classifier.set_weights([np.full_like(value, np.nan) for value in weights])
    return network


@pytest.fixture(scope="module")
def models(tmp_path_factory, make_exporter, make_network):
    """A folder of models by what is wrong with them."""
    broken = {
        "good": make_exporter(),
        "tracks_keras": make_exporter(kind=TracksKeras),
        "no_explanation": make_exporter(kind=NoExplanation),
        "no_heatmap": make_exporter(kind=NoHeatmap),
        "wild_heatmap": make_exporter(kind=WildHeatmap),
        "classes_swapped": make_exporter(classes=("bright", "dark")),
        "label_of_another": make_exporter(kind=OutOfOrder),
        "nan": make_exporter(of=diverged(make_network())),
        "depends_on_batch": make_exporter(kind=DependsOnBatch),
        "accepts_anything": make_exporter(kind=AcceptsAnything),
        "a_little_darker": make_exporter(change=lambda pixels: pixels - pixels // 20),
        "never_ends": make_exporter(kind=NeverEnds),
    }
    base = tmp_path_factory.mktemp("models")
    for name, exporter in broken.items():
        exporter.save(str(base / name / "1"), {"recipe": "test"})
    make_exporter().save(str(base / "variables_lost" / "1"), {"recipe": "test"})
    for path in (base / "variables_lost" / "1" / "variables").iterdir():
        path.unlink()
    for folder in base.glob("*/1"):
        write_manifest(folder)  # the server loads nothing without
    return base


@pytest.fixture(scope="module")
def serve(models, tmp_path_factory):
    with ServerProcess("serving.embedded", models, tmp_path_factory.mktemp("server")) as server:
        address = server.wait_until_ready(120)
        yield lambda name, seconds=60: ServedModel(server, address, name, seconds)


def largest_difference(model, images, trained):
    """All checks, as the node makes them."""
    encoded = {image.filename: image.encoded for image in images}
    checks.check_loaded(model)
    checks.check_signatures(model)
    checks.check_predictions(model, images, trained.classes, TOLERANCE)
    checks.check_invalid_image(model, images[0])
    return checks.check_against_reference(model, trained, encoded, TOLERANCE)


def test_a_good_export_passes(serve, images, trained):
    with serve("good") as model:
        assert largest_difference(model, images, trained) < 1e-5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("variables_lost", "a model server can't load it: .*variables"),
        ("tracks_keras", "signature 'serving_default' .* refuses .*Could not find variable"),
        (
            "no_explanation",
            r"no signature 'explain', only \['embed', 'serve_examples', 'serving_default'\]",
        ),
        ("no_heatmap", r"signature 'explain' has no outputs \['heatmap'\]"),
        ("wild_heatmap", "the heatmap has values outside of 0 to 1"),
        (
            "classes_swapped",
            r"names the classes \['bright', 'dark'\], the recipe \['dark', 'bright'",
        ),
        ("label_of_another", "the label is 'dark', but the most probable class is 'bright'"),
        ("nan", "is none: probabilities are not finite numbers"),
        ("depends_on_batch", "predicts otherwise alone than in a batch"),
        ("accepts_anything", "predicts for bytes that are not an image"),
        ("a_little_darker", "not predict as the network did after training: for an image it"),
    ],
)
def test_a_broken_one_is_refused_in_words(serve, images, trained, name, words):
    with serve(name) as model, pytest.raises(UnservableError, match=words) as refused:
        largest_difference(model, images, trained)
    assert refused.value.conclusive


def test_an_image_of_the_training_that_is_not_in_the_examples(serve, images, trained):
    with (
        serve("good") as model,
        pytest.raises(UnservableError, match=r"no image for 1 of the reference"),
    ):
        largest_difference(
            model, [image for image in images if image.filename != "bright/0.png"], trained
        )


def test_a_model_that_never_ends_is_not_waited_for(serve, images, trained):
    with (
        serve("never_ends", seconds=2) as model,
        pytest.raises(UnservableError, match="did not respond within 2 s") as refused,
    ):
        largest_difference(model, images, trained)
    assert not refused.value.conclusive
