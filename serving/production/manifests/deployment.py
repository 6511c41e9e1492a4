"""The Deployment: keeps the servers running, and replaces them one by one."""

from typing import Any

from serving.production.flags import REST_PORT
from serving.production.manifests.pod import pod_spec
from serving.production.monitoring_config import METRICS_PATH
from serving.production.plan import Plan


def note(plan: Plan) -> str:
    """Returns what has to be known, for the top of the file."""
    image = plan.image(gpu=bool(plan.section.gpu))
    return f"TensorFlow Serving with {plan.model}.{plan.image_note(image)}"


def deployment(plan: Plan) -> dict[str, Any]:
    """Returns the Deployment. It names no number of servers: the autoscaler does."""
    # A new server beside the old ones, unless it would wait for a GPU that they hold.
    beside = not plan.section.gpu
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": plan.metadata(plan.server),
        "spec": {
            "selector": {"matchLabels": plan.selector},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": int(beside), "maxUnavailable": int(not beside)},
            },
            "template": {
                "metadata": {
                    "labels": plan.selector,
                    "annotations": {
                        "prometheus.io/scrape": "true",
                        "prometheus.io/port": str(REST_PORT),
                        "prometheus.io/path": METRICS_PATH,
                    },
                },
                "spec": pod_spec(plan),
            },
        },
    }
