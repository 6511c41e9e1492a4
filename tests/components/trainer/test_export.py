import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.imaging.preprocessing import cut_borders
from components.network.network import build_network
from components.recipe.model import ModelSection
from components.saved_model.embedding import projection
from components.trainer.export import Exporter
from components.trainer.grad_cam import grad_cam
from components.trainer.uncertainty import MeasuredUncertainty
from components.uncertainty.summary import UncertaintySummary
from tests.data_section import data_section
from tests.doubles.features_layer import TransformStandIn

CLASSES = ("healthy", "ill", "very ill")
DATA = data_section(*CLASSES, image_size=32, color="grayscale")
UNCERTAINTY = MeasuredUncertainty(UncertaintySummary(uncertain_below=0.34))
MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 40), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def exporter() -> Exporter:
    return Exporter(build_network(MODEL, DATA), TransformStandIn(DATA), DATA, UNCERTAINTY)


@pytest.fixture(scope="module")
def saved(exporter, tmp_path_factory) -> str:
    path = str(tmp_path_factory.mktemp("model") / "1")
    exporter.save(path, {"recipe": "test"})
    return path


@contextmanager
def session_of(path: object) -> Iterator[Callable[[str, list[bytes]], dict[str, np.ndarray]]]:
    """Predicts as TensorFlow Serving does: through a session, by signature."""
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(path))

    def run(signature: str, values: list[bytes]) -> dict[str, np.ndarray]:
        definition = loaded.signature_def[signature]
        (fed,) = definition.inputs.values()
        fetched = {name: info.name for name, info in definition.outputs.items()}
        return session.run(fetched, {fed.name: values})

    yield run
    session.close()


@pytest.fixture(scope="module")
def session_run(saved):
    with session_of(saved) as run:
        yield run


def expected(exporter: Exporter, encoded: list[bytes]) -> np.ndarray:
    return exporter.network.classifier(exporter.pixels(tf.constant(encoded))).numpy()


def test_serving_default_keeps_the_contract(exporter, session_run):
    images = [png(1), png(2)]
    outputs = session_run("serving_default", images)
    probabilities = expected(exporter, images)
    np.testing.assert_allclose(outputs["probabilities"], probabilities, atol=1e-6)
    assert [label.decode() for label in outputs["label"]] == [
        CLASSES[index] for index in probabilities.argmax(-1)
    ]
    assert [[name.decode() for name in row] for row in outputs["labels"]] == [list(CLASSES)] * 2
    np.testing.assert_array_equal(outputs["uncertain"], probabilities.max(-1) < 0.34)


def test_embed_adds_the_projected_features_to_serving_default(exporter, session_run):
    images = [png(1), png(2)]
    outputs, plain = session_run("embed", images), session_run("serving_default", images)
    vector, _ = exporter.network.predict(exporter.pixels(tf.constant(images)))
    np.testing.assert_allclose(
        outputs["embedding"], vector.numpy() @ projection(vector.shape[-1]), atol=1e-5
    )
    assert np.isnan(outputs["out_of_distribution_score"]).all()  # no detector
    assert set(outputs) - set(plain) == {"embedding", "out_of_distribution_score"}
    np.testing.assert_array_equal(outputs["probabilities"], plain["probabilities"])


def test_what_nobody_fetches_is_not_computed(saved):
    """serving_default has the projection in its function; the session that runs it does not."""
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session, session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], saved)
        found = {}
        for signature in ("serving_default", "embed"):
            definition = loaded.signature_def[signature]
            (fed,) = definition.inputs.values()
            metadata = tf.compat.v1.RunMetadata()
            session.run(
                [info.name for info in definition.outputs.values()],
                {fed.name: [png(1)]},
                tf.compat.v1.RunOptions(trace_level=3, output_partition_graphs=True),
                metadata,
            )
            nodes = [node.name for graph in metadata.partition_graphs for node in graph.node]
            found[signature] = any("/matmul" in name for name in nodes)
    assert found == {"serving_default": False, "embed": True}


def test_serve_examples_reads_the_feature_named_image(exporter, session_run):
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[png(3)]))
    example = tf.train.Example(features=tf.train.Features(feature={"image": feature}))
    outputs = session_run("serve_examples", [example.SerializeToString()])
    np.testing.assert_allclose(outputs["probabilities"], expected(exporter, [png(3)]), atol=1e-6)


def test_explain_is_the_closed_form_of_grad_cam(exporter, session_run):
    """With average pooling and one dense layer, Grad-CAM is the class's weights times the map."""
    image = png(4)
    outputs = session_run("explain", [image])
    (feature_map,) = exporter.network.feature_maps(exporter.pixels(tf.constant([image])))
    feature_map = feature_map.numpy()[0]
    top = outputs["probabilities"][0].argmax()
    kernel = exporter.network.head.get_layer("logits").kernel.numpy()[:, top]
    cam = np.maximum((feature_map * kernel).sum(-1), 0)
    np.testing.assert_allclose(outputs["heatmap"][0], cam / max(cam.max(), 1e-12), atol=1e-4)
    np.testing.assert_allclose(outputs["probabilities"], expected(exporter, [image]), atol=1e-6)


def test_the_heatmap_covers_the_image_not_the_borders_that_were_added(tmp_path):
    data = DATA.model_copy(update={"resize": "pad"})
    exporter = Exporter(build_network(MODEL, data), TransformStandIn(data), data, UNCERTAINTY)
    exporter.save(str(tmp_path / "1"), {})
    wide = io.BytesIO()
    Image.open(io.BytesIO(png(7))).resize((80, 20)).save(wide, "PNG")
    images = tf.constant([wide.getvalue()])
    *_, over_square = grad_cam(exporter.network, exporter.pixels(images))
    with session_of(tmp_path / "1") as run:
        heatmap = run("explain", [wide.getvalue()])["heatmap"]
    assert heatmap.shape == over_square.shape
    np.testing.assert_allclose(heatmap, cut_borders(over_square, images), atol=1e-4)
    assert np.abs(heatmap - over_square).max() > 0.01


def test_junk_is_an_invalid_argument(session_run):
    with pytest.raises(tf.errors.InvalidArgumentError):
        session_run("serving_default", [b"GIF89a but not really"])


def test_labels_uncertainty_and_recipe_travel_in_the_assets(saved):
    with open(f"{saved}/assets/labels.txt", encoding="utf-8") as file:
        assert file.read().splitlines() == list(CLASSES)
    with open(f"{saved}/assets/recipe.json", encoding="utf-8") as file:
        assert json.load(file) == {"recipe": "test"}
    with open(f"{saved}/assets/uncertainty.json", encoding="utf-8") as file:
        assert UncertaintySummary.from_json(file.read()).uncertain_below == 0.34


def test_every_variable_is_restored(exporter, saved):
    """What Keras 3 layers tracked by the module would break in TensorFlow Serving."""
    names = {name for name, _ in tf.train.list_variables(f"{saved}/variables/variables")}
    variables = [name for name in names if "model_variables" in name]
    assert len(variables) == len(exporter.network.classifier.variables)


# === Networks of several parts ===

MEMBERS = [
    {"backbone": "scratch_cnn"},
    {"backbone": "mobilenet", "alpha": 0.25, "size": 64, "contrast": "clahe"},
]
BINARY = DATA.model_copy(update={"classes": ("healthy", "ill")})


@pytest.fixture(
    scope="module",
    params=[
        (DATA, {"levels": 2, "standardise": True, "flip_tta": True}),
        (BINARY, {"combine": "average", "head": "sigmoid"}),
    ],
    ids=["concat", "average"],
)
def of_members(request) -> Exporter:
    data, values = request.param
    section = {"members": MEMBERS, "weights": "none", "filters": (4, 8)} | values
    network = build_network(ModelSection.model_validate(section), data)
    return Exporter(network, TransformStandIn(data), data, UNCERTAINTY)


def test_a_session_predicts_and_explains_with_all_members(of_members, tmp_path):
    of_members.save(str(tmp_path / "1"), {})
    images = [png(5), png(6)]
    pixels = of_members.pixels(tf.constant(images))
    probabilities = of_members.network.predict(pixels)[1].numpy()
    with session_of(tmp_path / "1") as run:
        for signature in ("serving_default", "explain"):
            outputs = run(signature, images)
            np.testing.assert_allclose(outputs["probabilities"], probabilities, atol=1e-5)
    assert probabilities.shape == (2, len(of_members.data.classes))
    assert outputs["heatmap"].shape == (2, 8, 8)  # the finest grid among the members
    assert outputs["heatmap"].min() >= 0 and outputs["heatmap"].max() <= 1


@pytest.fixture
def alike(weights_file):
    """A pretrained backbone: the section `model` of it."""
    return {"backbone": "mobilenet", "alpha": 0.25, "weights": str(weights_file)}


def test_a_backbone_that_members_share_is_in_the_file_once(alike, tmp_path):
    model = ModelSection.model_validate({"members": [alike, alike | {"contrast": "clahe"}]})
    images, bytes_of, found = [png(5), png(6)], {}, {}
    head = None
    for frozen in (False, True):
        network = build_network(model, DATA, frozen=frozen)
        head = head or network.head
        network.head.set_weights(head.get_weights())
        folder = tmp_path / str(frozen)
        Exporter(network, TransformStandIn(DATA), DATA, UNCERTAINTY).save(str(folder), {})
        bytes_of[frozen] = sum(file.stat().st_size for file in folder.glob("variables/*.data*"))
        with session_of(folder) as run:
            found[frozen] = run("serving_default", images)["probabilities"]
    assert bytes_of[True] < 0.55 * bytes_of[False]
    assert np.ptp(found[True]) > 1e-3  # a hundred times the tolerance
    np.testing.assert_allclose(found[True], found[False], atol=1e-5)


def test_weights_in_float16_halve_the_file_and_are_those_of_the_network(alike, tmp_path):
    bytes_of, images = {}, [png(5), png(6)]
    for stored in ("float32", "float16"):
        section = ModelSection.model_validate(alike | {"stored_weights": stored})
        network = build_network(section, DATA, frozen=True)
        exporter = Exporter(network, TransformStandIn(DATA), DATA, UNCERTAINTY)
        exporter.save(str(tmp_path / stored), {})
        files = (tmp_path / stored).glob("variables/*.data*")
        bytes_of[stored] = sum(file.stat().st_size for file in files)
        probabilities = expected(exporter, images)
        assert np.ptp(probabilities) > 1e-3
        with session_of(tmp_path / stored) as run:
            for signature in ("serving_default", "explain"):
                served = run(signature, images)["probabilities"]
                np.testing.assert_allclose(served, probabilities, atol=1e-5)
    assert bytes_of["float16"] < 0.55 * bytes_of["float32"]


@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize(
    ("values", "uncertain"),
    [
        ([0.1, 0.8, 0.1], False),
        ([np.nan] * 3, True),
        ([np.nan, 1.0, 0.0], True),
        ([0.0, np.inf, 0.0], True),
        ([-0.2, 1.2, 0.0], True),
        ([0.1, 0.8, 0.101], True),
    ],
)
def test_what_is_no_probability_is_uncertain(exporter, temperature, values, uncertain):
    measured = MeasuredUncertainty(UncertaintySummary(temperature=temperature))
    judge = Exporter(exporter.network, exporter.transform, DATA, measured).with_uncertainty
    found = judge(tf.zeros([1, 32, 32, 1]), tf.zeros([1, 8]), tf.constant([values]))
    assert bool(found["uncertain"][0]) is uncertain
