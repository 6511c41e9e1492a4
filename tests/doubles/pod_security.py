"""Kubernetes' Pod Security admission, which needs an API server: what its two profiles refuse.

From https://kubernetes.io/docs/concepts/security/pod-security-standards/ (1.34), for Linux.
"""

from collections.abc import Iterator
from typing import Any

_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

Spec = dict[str, Any]


def baseline(pod: Spec) -> set[str]:
    """Returns the controls of the profile `baseline` that a pod's `spec` violates."""
    found = {name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)} | {
        "hostPath" for volume in pod.get("volumes", ()) if "hostPath" in volume
    }
    for sysctl in pod.get("securityContext", {}).get("sysctls", ()):
        if sysctl["name"] not in _SYSCTLS:
            found.add("sysctls")
    for container in _containers(pod):
        found |= set(_baseline(container))
    for security in (pod.get("securityContext", {}), *map(_security, _containers(pod))):
        found |= set(_shared(security))
    return found


def restricted(pod: Spec) -> set[str]:
    """Returns the controls of the profile `restricted` that a pod's `spec` violates."""
    whole = pod.get("securityContext", {})
    found = baseline(pod)
    for volume in pod.get("volumes", ()):
        if not set(volume) - {"name"} <= _VOLUMES:
            found.add("volume types")
    if whole.get("runAsUser") == 0:
        found.add("runAsUser")
    for container in _containers(pod):
        found |= set(_restricted(whole | _security(container), _security(container)))
    return found


def _containers(pod: Spec) -> list[Spec]:
    kinds = ("containers", "initContainers", "ephemeralContainers")
    return [container for kind in kinds for container in pod.get(kind, ())]


def _security(container: Spec) -> Spec:
    security: Spec = container.get("securityContext", {})
    return security


def _shared(security: Spec) -> Iterator[str]:
    """What is refused in the context of a pod as in that of a container."""
    if security.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"
    if security.get("seccompProfile", {}).get("type") == "Unconfined":
        yield "seccompProfile"
    if security.get("appArmorProfile", {}).get("type") == "Unconfined":
        yield "appArmorProfile"
    selinux = security.get("seLinuxOptions", {})
    if selinux.get("type", "") not in _SELINUX or selinux.get("user") or selinux.get("role"):
        yield "seLinuxOptions"


def _baseline(container: Spec) -> Iterator[str]:
    security = _security(container)
    if security.get("privileged"):
        yield "privileged"
    if security.get("procMount", "Default") != "Default":
        yield "procMount"
    if not set(security.get("capabilities", {}).get("add", ())) <= _CAPABILITIES:
        yield "capabilities"
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "hostPort"
    probes = [container.get(f"{kind}Probe", {}) for kind in ("liveness", "readiness", "startup")]
    hooks = [container.get("lifecycle", {}).get(when, {}) for when in ("postStart", "preStop")]
    for action in (*probes, *hooks):
        if any(action.get(way, {}).get("host") for way in ("httpGet", "tcpSocket")):
            yield "host of a probe"


def _restricted(effective: Spec, own: Spec) -> Iterator[str]:
    """Judges a container.

    Args:
        effective: its context, completed by that of the pod.
        own: its context alone.
    """
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if effective.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if effective.get("runAsUser") == 0:
        yield "runAsUser"
    if effective.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", ()) or not set(capabilities.get("add", ())) <= {
        "NET_BIND_SERVICE"
    }:
        yield "capabilities"
