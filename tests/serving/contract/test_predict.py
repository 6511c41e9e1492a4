import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from tests.serving.contract.calls import predict_request, refusal


def double_request(tensor):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "double"
    request.inputs["x"].CopyFrom(tensor)
    return request


# === Answers ===


def test_answer(predictions, dark, bright):
    response = predictions.Predict(predict_request(dark, bright), timeout=10)
    assert response.model_spec.name == "tiny"
    assert response.model_spec.version.value == 2
    assert response.model_spec.signature_name == "serving_default"
    names = ["label", "labels", "out_of_distribution", "probabilities", "uncertain"]
    assert sorted(response.outputs) == names
    found = {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
    assert found["probabilities"] == pytest.approx(np.array([[0.8, 0.2], [0.2, 0.8]]))
    assert found["label"].tolist() == [b"dark", b"bright"]
    assert found["labels"].shape == (2, 2)
    assert found["uncertain"].tolist() == [False, False]


def test_outputs_are_values_not_tensor_content(predictions, dark):
    response = predictions.Predict(predict_request(dark), timeout=10)
    assert list(response.outputs["probabilities"].float_val) == pytest.approx([0.8, 0.2])
    assert list(response.outputs["label"].string_val) == [b"dark"]
    assert list(response.outputs["uncertain"].bool_val) == [False]


def test_inputs_as_values_and_as_tensor_content(predictions):
    tensor = tf.make_tensor_proto(np.array([1.5, 2.5], np.float32))
    assert tensor.tensor_content and not tensor.float_val
    found = predictions.Predict(double_request(tensor), timeout=10)
    assert tf.make_ndarray(found.outputs["y"]).tolist() == [3, 5]
    tensor.tensor_content = b""
    tensor.float_val.extend([0.5, 1])
    found = predictions.Predict(double_request(tensor), timeout=10)
    assert tf.make_ndarray(found.outputs["y"]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("asked", "version"), [({"version": 1}, 1), ({"label": "stable"}, 1), ({"version": 2}, 2)]
)
def test_version_and_label(predictions, dark, asked, version):
    response = predictions.Predict(predict_request(dark, **asked), timeout=10)
    assert response.model_spec.version.value == version


def test_another_signature(predictions, dark):
    response = predictions.Predict(predict_request(dark, signature="explain"), timeout=10)
    assert response.model_spec.signature_name == "explain"
    assert tf.make_ndarray(response.outputs["heatmap"]) == pytest.approx(np.full((1, 4, 4), 0.2))


def test_a_scalar(predictions):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "slow"
    request.inputs["steps"].CopyFrom(tf.make_tensor_proto(1, tf.int32))
    found = predictions.Predict(request, timeout=10).outputs["value"]
    assert tf.make_ndarray(found).shape == ()


def test_no_images(predictions):
    response = predictions.Predict(predict_request(), timeout=10)
    assert tf.make_ndarray(response.outputs["probabilities"]).shape == (0, 2)


def test_output_filter(predictions, dark):
    request = predict_request(dark)
    request.output_filter.append("label")
    assert list(predictions.Predict(request, timeout=10).outputs) == ["label"]


def test_messages_above_the_default_limit_of_grpc(predictions, bright):
    # 5 MB in and, as float_val, 8 MB out.
    assert predictions.Predict(predict_request(bright + bytes(5_000_000)), timeout=30).outputs
    numbers = np.zeros(2_000_000, np.float32)
    found = predictions.Predict(double_request(tf.make_tensor_proto(numbers)), timeout=30)
    assert found.outputs["y"].ByteSize() > 4 * 2**20
    assert tf.make_ndarray(found.outputs["y"]).shape == numbers.shape


# === Refusals ===


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        ({"model": "x"}, "NOT_FOUND", "Servable not found for request: Latest(x)"),
        ({"version": 9}, "NOT_FOUND", "Servable not found for request: Specific(tiny, 9)"),
        ({"label": "a"}, "INVALID_ARGUMENT", "Unrecognized servable version label: a"),
        ({"model": ""}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        ({"signature": "x"}, "FAILED_PRECONDITION", 'Serving signature key "x" not found.'),
    ],
)
def test_what_is_not_there(predictions, dark, asked, code, text):
    assert refusal(predictions.Predict, predict_request(dark, **asked)) == (code, text)


def test_no_model_spec(predictions):
    found = refusal(predictions.Predict, predict_pb2.PredictRequest())
    assert found == ("INVALID_ARGUMENT", "Missing ModelSpec")


def test_wrong_inputs(predictions, dark):
    request = predict_request(dark)
    request.inputs["more"].CopyFrom(tf.make_tensor_proto(["x"]))
    code, text = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert text.startswith("input size does not match signature: 2!=1 len({")
    del request.inputs["image_bytes"]
    code, text = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert text.startswith("Signature input alias: image_bytes(feed name: ")


def test_wrong_type(predictions):
    request = predict_request()
    request.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto([1.0]))
    code, text = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT" and "to be string but float is provided" in text


def test_wrong_outputs(predictions, dark):
    request = predict_request(dark)
    request.output_filter.extend(["label", "nothing"])
    code, text = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert text.startswith("output tensor alias not found in signature: nothing Outputs expected")
    request.output_filter[:] = ["label", "label"]
    code, text = refusal(predictions.Predict, request)
    assert (code, text) == ("INVALID_ARGUMENT", "duplicate output tensor alias: label")


@pytest.mark.parametrize("junk", [b"junk", b"", b"\x89PNG\r\n\x1a\n"])
def test_junk_image(predictions, dark, junk):
    code, _ = refusal(predictions.Predict, predict_request(dark, junk))
    assert code == "INVALID_ARGUMENT"
    assert predictions.Predict(predict_request(dark), timeout=10).outputs


def test_the_text_of_a_junk_image_is_tensorflows(predictions):
    assert "Unknown image file format" in refusal(predictions.Predict, predict_request(b"junk"))[1]


def test_long_error_is_cut(predictions, dark):
    code, text = refusal(predictions.Predict, predict_request(dark, model="x" * 3000))
    assert code == "NOT_FOUND" and text.endswith("...TRUNCATED") and len(text) < 1100
