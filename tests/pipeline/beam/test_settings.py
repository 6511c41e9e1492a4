import pytest

from pipeline.beam.checks import check_engine
from pipeline.beam.errors import BeamError
from pipeline.beam.settings import asks_pool, patience_minutes


@pytest.mark.parametrize(("text", "minutes"), [("", 30.0), ("0", 0.0), ("1.5", 1.5)])
def test_patience(monkeypatch, text, minutes):
    monkeypatch.setenv("MEDTFX_BEAM_PATIENCE", text)
    assert patience_minutes() == minutes


@pytest.mark.parametrize("text", ["an hour", "-1", "nan", "inf"])
def test_patience_that_is_no_number_of_minutes_is_refused_before_the_run(monkeypatch, text):
    monkeypatch.setenv("MEDTFX_BEAM_PATIENCE", text)
    with pytest.raises(BeamError, match=f"MEDTFX_BEAM_PATIENCE must be.*Received: '{text}'"):
        check_engine({"--runner": "DirectRunner"})


def test_whether_the_pool_is_asked(monkeypatch):
    assert asks_pool()
    monkeypatch.setenv("MEDTFX_BEAM_POOL_CHECK", "off")
    assert not asks_pool()
    monkeypatch.setenv("MEDTFX_BEAM_POOL_CHECK", "no")
    with pytest.raises(BeamError, match=r"may be `off`.*'no'"):
        asks_pool()
