from prometheus_client.parser import text_string_to_metric_families

from pipeline.monitor.outputs.prometheus import to_prometheus


def test_prometheus_reads_the_gauges(make_outcome, alarmed, truth):
    text = to_prometheus(make_outcome(alarmed, truth, model='lu"ngs\\'))
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


def test_without_labels_there_is_no_recall_by_labels(make_outcome, quiet):
    assert "medtfx_monitor_recall" not in to_prometheus(make_outcome(quiet))


def test_a_shadow_has_gauges(make_outcome, quiet, shadowed):
    text = to_prometheus(make_outcome(quiet, shadow=shadowed))
    families = {one.name: one for one in text_string_to_metric_families(text)}
    (agreement,) = families["medtfx_monitor_shadow_agreement"].samples
    assert agreement.value == 0.9 and agreement.labels["shadow"] == "4"
