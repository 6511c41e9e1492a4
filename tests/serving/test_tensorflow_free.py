import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_the_placeholder_is_gone_afterwards():
    done = run(
        "import sys, serving.tensorflow_free\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'tensorflow'))"
    )
    assert "'tensorflow'" not in done.stdout
    assert "tensorflow.core.example.example_pb2" in done.stdout


def test_a_later_tensorflow_is_real_and_shares_the_messages():
    done = run(
        "from serving.tensorflow_free import predict_pb2, tensor_pb2\n"
        "import tensorflow as tf\n"
        "request = predict_pb2.PredictRequest()\n"
        "request.inputs['x'].CopyFrom(tf.make_tensor_proto([b'a']))\n"
        "assert isinstance(tf.make_tensor_proto([1]), tensor_pb2.TensorProto)\n"
        "print(tf.make_ndarray(request.inputs['x']).tolist(), tf.reduce_sum([1, 2]).numpy())"
    )
    assert done.stdout.strip() == "[b'a'] 3", done.stderr


@pytest.mark.parametrize("package", ["tensorflow", "tensorflow_serving"])
def test_without_the_packages_it_says_what_to_install(package):
    done = run(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, *_):\n"
        f"        return real(name, *_) if name != {package!r} else None\n"
        "real = sys.meta_path[-1].find_spec\n"
        "sys.meta_path[-1] = Hidden()\n"
        "from serving.errors import ServingError\n"
        "try:\n"
        "    import serving.client\n"
        "except ServingError as error:\n"
        "    print(error)"
    )
    assert f"needs the package {package!r}" in done.stdout, done.stderr
    assert "make setup" in done.stdout
