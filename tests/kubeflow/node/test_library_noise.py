"""With lines as TensorFlow 2.21 writes them on a machine without a GPU."""

import subprocess
import sys

import pytest

from kubeflow.node.library_noise import QuietErrors, is_noise

NOISE = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795884626.483266      50 port.cc:153] oneDNN custom operations are on. You may",
    "I0000 00:00:1795884626.489488      50 cudart_stub.cc:31] Could not find cuda drivers on your",
    "W0000 00:00:1795884626.489488      50 gpu_device.cc:2341] Cannot dlopen some GPU libraries.",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with",
]
OF_CUDA = "E0000 00:00:1795884626.489488      50 cuda_platform.cc:51] failed call to cuInit: 303"
KEPT = [
    "F0000 00:00:1795884626.489488      50 tensor.cc:12] Check failed: dtype() == expected_dtype",
    "E0000 00:00:1795884626.489488      50 record_reader.cc:12] corrupted record at 12",
    "Traceback (most recent call last):",
    "ImportError: libstdc++.so.6: version `GLIBCXX_3.4.32' not found",
    "2026-11-28 16:50:20,074 Trainer of quickstart, run 05a64fba",
]


@pytest.mark.parametrize("line", NOISE)
def test_what_libraries_say_at_their_start_is_noise(line):
    assert is_noise(line, has_gpu=False) and is_noise(line, has_gpu=True)


@pytest.mark.parametrize("line", KEPT)
def test_what_ends_a_node_is_kept(line):
    assert not is_noise(line, has_gpu=False)


def test_an_error_of_cuda_matters_on_a_gpu_alone():
    assert is_noise(OF_CUDA, has_gpu=False) and not is_noise(OF_CUDA, has_gpu=True)


def test_the_rest_of_a_process_s_standard_error_passes(capsys):
    lines = "\n".join([*NOISE, *KEPT, "a last line without an end"])
    command = [sys.executable, "-c", f"import sys; sys.stderr.write({lines!r})"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = QuietErrors(process.stderr)
        process.wait()
        errors.finish()
    assert capsys.readouterr().err.splitlines() == [*KEPT, "a last line without an end"]
