"""The HorizontalPodAutoscaler: more servers under load, fewer afterwards."""

from typing import Any

from serving.production.plan import Plan


def autoscaler(plan: Plan) -> dict[str, Any]:
    """Returns the HorizontalPodAutoscaler, on the CPU that the servers asked for."""
    replicas = plan.section.replicas
    target = {"type": "Utilization", "averageUtilization": replicas.cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": plan.metadata(plan.server),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": plan.server,
            },
            "minReplicas": replicas.min,
            "maxReplicas": replicas.max,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def note(plan: Plan) -> str:
    """Returns what has to be known about the metric."""
    if not plan.section.gpu:
        return "More servers while the CPUs are busy."
    return (
        "The CPU decodes the images, so it is a fair measure for small networks. For large ones,\n"
        "let the GPU decide: export DCGM_FI_DEV_GPU_UTIL through the Prometheus adapter, and put\n"
        "a metric of type Pods in place of the one of type Resource."
    )
