"""What we ask of every pod, beyond what Kubernetes asks."""

from typing import Any

DIGEST = "@sha256:"


def unbounded(pod: dict[str, Any]) -> list[str]:
    """Returns what a pod's `spec` leaves open, each as `container: field` or `volume: field`."""
    found = []
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        name, resources = container.get("name", ""), container["resources"]
        limits, requests = resources["limits"], resources["requests"]
        found += [f"{name}: {kind}" for kind in ("cpu", "memory") if kind not in limits]
        found += [f"{name}: {kind}" for kind in ("cpu", "memory") if kind not in requests]
        if not container["securityContext"].get("readOnlyRootFilesystem"):
            found.append(f"{name}: readOnlyRootFilesystem")
        if DIGEST not in container["image"] and ":" not in container["image"].rpartition("/")[2]:
            found.append(f"{name}: version of the image")
    for volume in pod.get("volumes", ()):
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            found.append(f"{volume['name']}: sizeLimit")
    if pod.get("automountServiceAccountToken") is not False:
        found.append("automountServiceAccountToken")
    return found
