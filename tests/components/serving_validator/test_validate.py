"""A server that fails; one that serves is in `test_component`, and the checks in `test_checks`."""

import pytest

from components.serving_validator.validate import ServerSettings, ValidationData, validate


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit('the disk is on fire')", "ended with exit code 1 while it loaded"),
        ("import time; print('the disk is on fire', flush=True); time.sleep(60)", "not ready"),
    ],
)
def test_a_server_that_fails_is_an_inconclusive_verdict(
    write_server, trained, images, tmp_path, code, words
):
    encoded = {image.filename: image.encoded for image in images}
    data = ValidationData(trained.classes, images, trained, encoded, tolerance=0.001)
    settings = ServerSettings(write_server(code), load_seconds=5, request_seconds=5)
    (tmp_path / "work").mkdir()
    verdict, log = validate(tmp_path / "models", "tiny", data, settings, tmp_path / "work")
    assert not verdict.blessed and not verdict.conclusive
    assert words in verdict.reason and verdict.reason.endswith("; the next run tries again")
    assert "the disk is on fire" in log
