import pytest

from serving.embedded.metrics import Metrics
from tests.serving.protocol.test_prometheus import samples


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
