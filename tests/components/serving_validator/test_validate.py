"""A server that fails; one that serves is in `test_component`, and the checks in `test_checks`."""

from components.serving_validator.validate import ServerSettings, ValidationData, validate


def test_a_server_that_is_not_ready_is_an_inconclusive_verdict(
    write_server, trained, images, tmp_path
):
    code = "import time; print('the disk is on fire', flush=True); time.sleep(60)"
    encoded = {image.filename: image.encoded for image in images}
    data = ValidationData(trained.classes, images, trained, encoded, tolerance=0.001)
    settings = ServerSettings(write_server(code), load_seconds=1, request_seconds=60)
    (tmp_path / "work").mkdir()
    verdict, log = validate(tmp_path / "models", "tiny", data, settings, tmp_path / "work")
    assert not verdict.blessed and not verdict.conclusive
    assert verdict.reason.endswith("was not ready within 1 s; the next run tries again")
    assert "the disk is on fire" in log
