import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.embedded.metrics import Counter, Histogram, Metrics


def samples(text):
    """Reads as Prometheus does; its Python client gives every counter the suffix `_total`."""
    return {
        (sample.name.removesuffix("_total"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counter():
    counter = Counter(":a:b", "model", "status")
    for _ in range(3):
        counter.add("m", "OK")
    counter.add('q"\\\n', "NOT_FOUND")
    assert counter.lines()[:2] == ["# TYPE :a:b counter", ':a:b{model="m",status="OK"} 3']
    found = samples("\n".join(counter.lines()) + "\n")
    assert found[":a:b", (("model", 'q"\\\n'), ("status", "NOT_FOUND"))] == 1


def test_histogram():
    histogram = Histogram("h", "model", limits=[1, 10])
    for value in (0.5, 1, 2, 100):
        histogram.add("m", value=value)
    assert histogram.lines() == [
        "# TYPE h histogram",
        'h_bucket{model="m",le="1"} 2',
        'h_bucket{model="m",le="10"} 3',
        'h_bucket{model="m",le="+Inf"} 4',
        'h_sum{model="m"} 103.5',
        'h_count{model="m"} 4',
    ]


def test_names_of_tensorflow_serving():
    metrics = Metrics()
    metrics.request_latency.add("m", "Predict", "GRPC", value=12)
    text = metrics.text()
    assert "# TYPE :tensorflow:serving:request_count counter\n" in text
    labels = (("API", "Predict"), ("entrypoint", "GRPC"), ("model_name", "m"))
    assert samples(text)[":tensorflow:serving:request_latency_count", labels] == 1
    limits = [dict(labels)["le"] for name, labels in samples(text) if name.endswith("_bucket")]
    assert len(limits) == 33
    assert float(limits[0]) == 10 and float(limits[1]) == pytest.approx(18)
