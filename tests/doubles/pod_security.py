"""What Kubernetes' Pod Security profile `restricted` refuses; its admission needs an API server.

By https://kubernetes.io/docs/concepts/security/pod-security-standards/ (1.34), for Linux. What our
pods never say is refused too, though some values of it would be accepted.
"""

import json
from typing import Any

_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
_WANTED: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_IDS = {"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"}
_HARMLESS = _IDS | {"fsGroupChangePolicy", "readOnlyRootFilesystem"}


def restricted(pod: dict[str, Any]) -> set[str]:
    """Returns the fields by which a pod's `spec` violates the profile."""
    found = {field for field in pod if field.startswith(("host", "ephemeral"))}
    for volume in pod.get("volumes", ()):
        found |= set(volume) - {"name"} - _VOLUMES
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        security = pod.get("securityContext", {}) | container.get("securityContext", {})
        found |= {field for field, value in _WANTED.items() if security.get(field) != value}
        found |= set(security) - set(_WANTED) - _HARMLESS
        found |= {"runAsUser"} if security.get("runAsUser") == 0 else set()
        said = json.dumps(container)
        found |= {field for field in ("hostPort", "host") if f'"{field}": ' in said}
    return found
