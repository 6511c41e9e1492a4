import json

from prometheus_client.parser import text_string_to_metric_families

from pipeline.monitor.outputs import to_json, to_prometheus


def test_json_has_everything_and_no_nan(quiet, truth):
    text = to_json("lungs", 3, quiet, truth)
    values = json.loads(text, parse_constant=lambda name: 1 / 0)
    assert (values["model"], values["version"], values["alarm"]) == ("lungs", 3, True)
    assert values["since"] == "2026-11-21T00:00:00+00:00"
    assert len(values["findings"]) == len(quiet.findings)
    assert values["findings"][0]["score"] == quiet.findings[0].score
    assert values["faults"] == {"broken line": 2, "clock went back": 1}
    assert len(values["truth"]["corrections"]) == 120
    assert [point["predictions"] for point in values["trend"]] == [200, 200]
    assert "checks" not in values


def test_a_quiet_week_is_no_alarm_in_json(quiet):
    values = json.loads(to_json("lungs", 3, quiet, None))
    assert values["alarm"] is False and values["truth"] is None


def test_prometheus_reads_the_gauges(alarmed, truth):
    text = to_prometheus('lu"ngs\\', 3, alarmed, truth)
    families = {one.name: one for one in text_string_to_metric_families(text)}
    (alarm,) = families["medtfx_monitor_alarm"].samples
    assert (alarm.value, alarm.labels) == (1.0, {"model": 'lu"ngs\\', "version": "3"})
    scores = {s.labels["check"]: s.value for s in families["medtfx_monitor_score"].samples}
    (limit,) = families["medtfx_monitor_limit"].samples
    assert [name for name, score in scores.items() if score > limit.value] == ["contrast"]
    recalls = {s.labels["class"] for s in families["medtfx_monitor_recall"].samples}
    assert recalls == {"ill", "well"}
    (end,) = families["medtfx_monitor_end_time_seconds"].samples
    assert end.value == alarmed.settings.until.timestamp()


def test_without_labels_there_is_no_recall_by_labels(quiet):
    assert "medtfx_monitor_recall" not in to_prometheus("lungs", 3, quiet, None)


def test_a_shadow_is_in_json_and_in_the_gauges(quiet, shadowed):
    values = json.loads(to_json("lungs", 3, quiet, None, shadowed))["shadow"]
    assert (values["version"], values["pairs"], values["agreement"]) == (4, 200, 0.9)
    assert values["predicted"][0]["label"] == "ill" and len(values["differing"]) == 20
    text = to_prometheus("lungs", 3, quiet, None, shadowed)
    families = {one.name: one for one in text_string_to_metric_families(text)}
    (agreement,) = families["medtfx_monitor_shadow_agreement"].samples
    assert agreement.value == 0.9 and agreement.labels["shadow"] == "4"
