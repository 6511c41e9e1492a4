"""The services `dicom-node` and `orthanc` of the compose file."""

from typing import Any

from components.runtime.environment import DICOM_NODE_TOKEN, DICOMWEB_TOKEN
from serving.production.dicom_node import DICOM_PORT, HTTP_PORT, SPOOL, node_command
from serving.production.plan import Plan

PROFILE, PACS_PROFILE = "dicom", "orthanc"
ORTHANC_FILE = "orthanc/orthanc.json"
_ORTHANC_IMAGE = "jodogne/orthanc-plugins:1.12.4"
_ORTHANC_PORTS = (8042, 4242)
_HEALTH = (
    "import urllib.request; "
    f"urllib.request.urlopen('http://127.0.0.1:{HTTP_PORT}/healthz', timeout=5)"
)


def node_service(plan: Plan, volumes: list[dict[str, Any]], limits: dict[str, Any]) -> dict:
    """Returns the node: the images that wait are in a volume.

    Args:
        plan: what is served.
        volumes: with the configuration and the models.
        limits: what the service may do and take.
    """
    secret = f"${{{DICOM_NODE_TOKEN}:?openssl rand -hex 24 makes one}}"
    return {
        "profiles": [PROFILE],
        "image": plan.app_image,
        "entrypoint": node_command(plan, "model-server"),
        "environment": {
            DICOM_NODE_TOKEN.name: secret,
            DICOMWEB_TOKEN.name: f"${{{DICOMWEB_TOKEN}:-}}",
        },
        "ports": [f"127.0.0.1:{port}:{port}" for port in (DICOM_PORT, HTTP_PORT)],
        "volumes": [*volumes, {"type": "volume", "source": "spool", "target": SPOOL}],
        **limits,
        # A node that is stopped ends the associations under way first.
        "stop_grace_period": "60s",
        "healthcheck": {
            "test": ["CMD", "python", "-c", _HEALTH],
            "interval": "30s",
            "timeout": "10s",
            "retries": 3,
            "start_period": "1m",
        },
    }


def orthanc_service(configuration: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    """Returns a PACS to try the node with.

    Args:
        configuration: the volume with its file.
        limits: what the service may do and take.
    """
    return {
        "profiles": [PACS_PROFILE],
        "image": _ORTHANC_IMAGE,
        "ports": [f"127.0.0.1:{port}:{port}" for port in _ORTHANC_PORTS],
        "volumes": [
            configuration,
            {"type": "volume", "source": "orthanc", "target": "/var/lib/orthanc/db"},
        ],
        **limits,
    }


def orthanc_configuration() -> dict[str, Any]:
    """Returns the configuration of that PACS: it knows the node, and no password."""
    return {
        "Name": "Orthanc to try the DICOM node with",
        "DicomAet": "ORTHANC",
        "DicomPort": _ORTHANC_PORTS[1],
        "DicomModalities": {"medtfx": ["MEDTFX", "dicom-node", DICOM_PORT]},
        "HttpPort": _ORTHANC_PORTS[0],
        # The port is published on this machine's loopback alone.
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": False,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
