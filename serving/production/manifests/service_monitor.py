"""The ServiceMonitor, for clusters that run the Prometheus operator."""

from typing import Any

from serving.production.monitoring_config import METRICS_PATH
from serving.production.plan import Plan


def service_monitor(plan: Plan) -> dict[str, Any]:
    """Returns the ServiceMonitor: metrics from the REST port of each server."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": plan.metadata(plan.server),
        "spec": {
            "selector": {"matchLabels": plan.selector},
            "endpoints": [{"port": "rest", "path": METRICS_PATH, "interval": "30s"}],
        },
    }
