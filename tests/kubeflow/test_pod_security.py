"""The rules by which manifests are judged refuse what Kubernetes refuses."""

from copy import deepcopy
from typing import Any

import pytest

from tests.doubles.pod_security import restricted

GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "one",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
    "volumes": [{"name": "scratch", "emptyDir": {}}],
}


def changed(path, value):
    """Returns the good pod with a value at a path such as 'containers.0.image'; None removes it."""
    pod = deepcopy(GOOD)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = pod
    for step in way:
        place = place[step] if isinstance(place, list) else place.setdefault(step, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return pod


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("hostNetwork", True, "hostNetwork"),
        ("volumes.0", {"name": "x", "hostPath": {"path": "/"}}, "hostPath"),
        ("volumes.0", {"name": "x", "nfs": {"server": "a", "path": "/"}}, "nfs"),
        ("containers.0.ports", [{"containerPort": 1, "hostPort": 1}], "hostPort"),
        ("containers.0.livenessProbe", {"httpGet": {"host": "10.0.0.1"}}, "host"),
        ("containers.0.securityContext.privileged", True, "privileged"),
        ("containers.0.securityContext.procMount", "Unmasked", "procMount"),
        ("containers.0.securityContext.capabilities.add", ["SYS_ADMIN"], "capabilities"),
        ("containers.0.securityContext.capabilities.drop", ["CHOWN"], "capabilities"),
        ("containers.0.securityContext.seccompProfile", {"type": "Unconfined"}, "seccompProfile"),
        ("containers.0.securityContext.allowPrivilegeEscalation", None, "allowPrivilegeEscalation"),
        ("containers.0.securityContext.runAsNonRoot", False, "runAsNonRoot"),
        ("containers.0.securityContext.runAsUser", 0, "runAsUser"),
        ("securityContext.runAsUser", 0, "runAsUser"),
        ("securityContext.seccompProfile", None, "seccompProfile"),
        ("securityContext.appArmorProfile", {"type": "Unconfined"}, "appArmorProfile"),
        ("securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "sysctls"),
        ("initContainers", [{"name": "two"}], "allowPrivilegeEscalation"),
    ],
)
def test_it_refuses(path, value, field):
    assert restricted(GOOD) == set()
    assert field in restricted(changed(path, value))
