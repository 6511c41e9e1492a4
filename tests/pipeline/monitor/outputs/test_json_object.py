import json

from pipeline.monitor.outputs.json_object import to_json


def test_json_has_everything_and_no_nan(make_outcome, quiet, truth):
    text = to_json(make_outcome(quiet, truth))
    values = json.loads(text, parse_constant=lambda name: 1 / 0)
    assert (values["model"], values["version"], values["alarm"]) == ("lungs", 3, True)
    assert values["since"] == "2026-11-21T00:00:00+00:00"
    assert len(values["findings"]) == len(quiet.findings)
    assert values["findings"][0]["score"] == quiet.findings[0].score
    assert values["faults"] == {"broken line": 2, "clock went back": 1}
    assert len(values["truth"]["corrections"]) == 120
    assert [point["predictions"] for point in values["trend"]] == [200, 200]
    assert "checks" not in values


def test_a_quiet_week_is_no_alarm_in_json(make_outcome, quiet):
    values = json.loads(to_json(make_outcome(quiet)))
    assert values["alarm"] is False and values["truth"] is None


def test_a_shadow_is_in_the_object(make_outcome, quiet, shadowed):
    values = json.loads(to_json(make_outcome(quiet, shadow=shadowed)))["shadow"]
    assert (values["version"], values["pairs"], values["agreement"]) == (4, 200, 0.9)
    assert values["predicted"][0]["label"] == "ill" and len(values["differing"]) == 20
