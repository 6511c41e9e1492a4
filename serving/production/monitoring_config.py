"""TensorFlow Serving's `monitoring.config`: the text of its message `MonitoringConfig`."""

METRICS_PATH = "/monitoring/prometheus/metrics"


def monitoring_config() -> str:
    """Returns the text of the file: metrics for Prometheus, on the REST port."""
    return (
        "# Metrics for Prometheus, on the REST port.\n"
        f'prometheus_config {{ enable: true path: "{METRICS_PATH}" }}\n'
    )
