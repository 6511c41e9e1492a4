"""Prometheus metrics under TensorFlow Serving's names.

Dashboards and alerts made for TensorFlow Serving read this server too.
"""

from serving.protocol.prometheus import Counter, Histogram


class Metrics:
    """What one server counts.

    Attributes:
        requests: of Predict, by model and status.
        request_latency: of a request in microseconds, by model, API and entry point (GRPC, REST).
        runtime_latency: of the model itself in microseconds, waiting for a batch included.
    """

    def __init__(self) -> None:
        # TensorFlow Serving's buckets: from 10 us by steps of 1.8 to about 20 minutes.
        limits = [10 * 1.8**step for step in range(32)]
        self.requests = Counter(":tensorflow:serving:request_count", "model_name", "status")
        self.request_latency = Histogram(
            ":tensorflow:serving:request_latency", "model_name", "API", "entrypoint", limits=limits
        )
        self.runtime_latency = Histogram(
            ":tensorflow:serving:runtime_latency", "model_name", "API", "runtime", limits=limits
        )

    def text(self) -> str:
        """Returns all of them in Prometheus's text format."""
        all_of_them = (self.requests, self.request_latency, self.runtime_latency)
        return "".join(f"{line}\n" for metric in all_of_them for line in metric.lines())
