from prometheus_client.parser import text_string_to_metric_families

from serving.protocol.prometheus import Counter, Histogram


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
