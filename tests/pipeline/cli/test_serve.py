"""What `medtfx serve` refuses; `tests/serving/embedded` has the server itself."""

import pytest

from tests.command_line import assert_one_message, medtfx


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--certificate", "a.pem"), "a.pem"),
        (("--models-config", "nowhere.config"), "nowhere.config"),
        (("--model-base", "nowhere"), "nowhere"),
        (("--model-base", ".", "--log", "gs://bucket/log"), "gs://bucket/log"),
    ],
)
def test_a_mistake_is_one_message(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    line = ("serve", "--port", 0, "--rest-port", 0, "--home", tmp_path)
    assert_one_message(medtfx(*line, *options), words)
