"""The rules by which the manifests are judged refuse what Kubernetes refuses."""

from copy import deepcopy
from typing import Any

import pytest

from tests.doubles.pod_security import baseline, restricted

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


OF_BASELINE = [
    ("hostNetwork", True, "hostNetwork"),
    ("hostPID", True, "hostPID"),
    ("volumes.0", {"name": "x", "hostPath": {"path": "/"}}, "hostPath"),
    ("containers.0.ports", [{"containerPort": 1, "hostPort": 1}], "hostPort"),
    ("containers.0.securityContext.privileged", True, "privileged"),
    ("containers.0.securityContext.procMount", "Unmasked", "procMount"),
    ("containers.0.securityContext.capabilities.add", ["SYS_ADMIN"], "capabilities"),
    ("containers.0.securityContext.seccompProfile", {"type": "Unconfined"}, "seccompProfile"),
    ("securityContext.appArmorProfile", {"type": "Unconfined"}, "appArmorProfile"),
    ("securityContext.seLinuxOptions", {"user": "root"}, "seLinuxOptions"),
    ("securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "sysctls"),
    ("containers.0.livenessProbe", {"httpGet": {"host": "10.0.0.1"}}, "host of a probe"),
]
OF_RESTRICTED = [
    ("volumes.0", {"name": "x", "nfs": {"server": "a", "path": "/"}}, "volume types"),
    ("securityContext.runAsUser", 0, "runAsUser"),
    ("containers.0.securityContext.runAsUser", 0, "runAsUser"),
    ("securityContext.runAsNonRoot", None, "runAsNonRoot"),
    ("containers.0.securityContext.runAsNonRoot", False, "runAsNonRoot"),
    ("securityContext.seccompProfile", None, "seccompProfile"),
    ("containers.0.securityContext.allowPrivilegeEscalation", None, "allowPrivilegeEscalation"),
    ("containers.0.securityContext.capabilities.drop", ["CHOWN"], "capabilities"),
    ("containers.0.securityContext.capabilities.add", ["CHOWN"], "capabilities"),
    ("initContainers", [{"name": "two"}], "allowPrivilegeEscalation"),
]


def test_a_good_pod_is_accepted():
    assert baseline(GOOD) == restricted(GOOD) == set()
    pod = changed("containers.0.securityContext.capabilities.add", ["NET_BIND_SERVICE"])
    assert restricted(pod) == set()


@pytest.mark.parametrize(("path", "value", "control"), OF_BASELINE)
def test_both_profiles_refuse(path, value, control):
    pod = changed(path, value)
    assert control in baseline(pod) and control in restricted(pod)


@pytest.mark.parametrize(("path", "value", "control"), OF_RESTRICTED)
def test_restricted_alone_refuses(path, value, control):
    pod = changed(path, value)
    assert baseline(pod) == set() and control in restricted(pod)
