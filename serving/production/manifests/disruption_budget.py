"""The PodDisruptionBudget: when nodes are drained, the servers stop one by one."""

from typing import Any

from serving.production.plan import Plan


def disruption_budget(plan: Plan) -> dict[str, Any]:
    """Returns the PodDisruptionBudget. A single server may go, or its node could not be emptied."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": plan.metadata(plan.server),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": plan.selector}},
    }
