"""The compose file: TensorFlow Serving on one machine, and the web page beside it."""

import os
from typing import Any

from components.runtime.environment import APP_TOKEN, UMASK
from serving.production import dicom_compose
from serving.production.dicom_node import is_wanted
from serving.production.flags import (
    BINARY,
    CONFIG_FOLDER,
    GRPC_PORT,
    REST_PORT,
    server_flags,
    status_path,
)
from serving.production.plan import Plan
from serving.production.storage import MOUNTED

CPU, GPU, PAGE = "cpu", "gpu", "page"
_PAGE_PORT = 8080
_NOBODY = 65534
_CREDENTIALS = "/credentials.json"
# The page reads images and asks; TensorFlow runs in the server alone. Linux counts threads as
# processes, and the server starts some for each processor of the machine.
_PAGE_PROCESSORS, _PAGE_MEMORY, _PAGE_THREADS = 2.0, 2 * 1024**3, 512
_SERVER_THREADS = 4096
_SCRATCH = "512m"  # of memory; uploads are there while they are read
# The image has neither curl nor wget, but bash can speak over a socket.
_ASK = (
    "exec 3<>/dev/tcp/127.0.0.1/{port} && "
    "printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q AVAILABLE <&3"
)


def compose(plan: Plan) -> dict[str, Any]:
    """Returns the content of `compose.yaml`."""
    services = {
        "serving": _server(plan, gpu=False),
        "serving-gpu": _server(plan, gpu=True),
    }
    file: dict[str, Any] = {"name": plan.server, "services": services}
    if plan.app_image is not None:
        services["page"] = _page(plan)
        file["volumes"] = {"audit": {}}
    if is_wanted(plan):
        limits = _confined(_PAGE_PROCESSORS, _PAGE_MEMORY, _PAGE_THREADS)
        services["dicom-node"] = dicom_compose.node_service(plan, _volumes(plan), limits)
        configuration = _bind(f"./{dicom_compose.ORTHANC_FILE}", "/etc/orthanc/orthanc.json")
        services["orthanc"] = dicom_compose.orthanc_service(configuration, limits)
        file["volumes"] |= {"spool": {}, "orthanc": {}}
    return file


def note(plan: Plan) -> str:
    """Returns how the file is used, for its top."""
    page = f" --profile {PAGE}" if plan.app_image is not None else ""
    dicom = (
        f"The DICOM node: --profile {dicom_compose.PROFILE} beside; an Orthanc to try it with, the "
        f"destination ORTHANC\nat orthanc:4242: --profile {dicom_compose.PACS_PROFILE}.\n"
    )
    if not is_wanted(plan):
        dicom = ""
    return (
        f"    docker compose --profile {CPU}{page} up -d\n"
        f"{dicom}"
        f"With NVIDIA's container toolkit: {GPU} in place of {CPU}. Reachable from this machine "
        "alone.\nTensorFlow Serving has neither TLS nor passwords here. It reads the models:\n"
        f"where it runs as another user than the training, train with {UMASK}=022."
        f"{plan.image_note(plan.image(gpu=False), plan.image(gpu=True))}"
    )


def health_check(plan: Plan, port: int = REST_PORT) -> list[str]:
    """Returns the command that succeeds while a version of the model is AVAILABLE."""
    return ["bash", "-c", _ASK.format(port=port, path=status_path(plan.model))]


def _server(plan: Plan, gpu: bool) -> dict[str, Any]:
    service: dict[str, Any] = {
        "profiles": [GPU if gpu else CPU],
        "image": plan.image(gpu),
        "entrypoint": [BINARY],
        "command": server_flags(plan.section.threads),
        "user": _user(),
        "ports": [f"127.0.0.1:{port}:{port}" for port in (GRPC_PORT, REST_PORT)],
        "volumes": _volumes(plan),
        # The same name for the page, whichever of the two runs.
        "networks": {"default": {"aliases": ["model-server"]}},
        **_confined(plan.section.processors, _bytes(plan.section.memory), _SERVER_THREADS),
        "healthcheck": {
            "test": ["CMD", *health_check(plan)],
            "interval": "10s",
            "timeout": "5s",
            "retries": 3,
            "start_period": "10m",
        },
    }
    if not plan.storage.is_mounted:
        service["environment"] = {"GOOGLE_APPLICATION_CREDENTIALS": _CREDENTIALS}
    if gpu:
        device = {"driver": "nvidia", "count": plan.section.gpu or 1, "capabilities": ["gpu"]}
        service["deploy"] = {"resources": {"reservations": {"devices": [device]}}}
    return service


def _volumes(plan: Plan) -> list[dict[str, Any]]:
    # A folder, not the files: after a file is replaced, the container would still see the old one.
    volumes = [_bind("./config", CONFIG_FOLDER)]
    if plan.storage.is_mounted:
        models = str(plan.models).replace("$", "$$")
        return [*volumes, _bind(f"${{MODELS:-{models}}}", MOUNTED)]
    key = "${GOOGLE_APPLICATION_CREDENTIALS:?a file with the key of a service account}"
    return [*volumes, _bind(key, _CREDENTIALS)]


def _bind(source: str, target: str) -> dict[str, Any]:
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "read_only": True,
        "bind": {"create_host_path": False},  # a folder that is missing is an error, not empty
    }


def _page(plan: Plan) -> dict[str, Any]:
    return {
        "profiles": [PAGE],
        "image": plan.app_image,
        "entrypoint": ["medtfx"],
        "command": [
            "app", "--host", "0.0.0.0", "--port", str(_PAGE_PORT),
            "--server", f"model-server:{GRPC_PORT}", "--model", plan.model,
            "--audit-log", "/audit/app.jsonl",
        ],
        "environment": {APP_TOKEN.name: f"${{{APP_TOKEN}:?openssl rand -hex 24 makes one}}"},
        "ports": [f"127.0.0.1:{_PAGE_PORT}:{_PAGE_PORT}"],
        "volumes": [{"type": "volume", "source": "audit", "target": "/audit"}],
        **_confined(_PAGE_PROCESSORS, _PAGE_MEMORY, _PAGE_THREADS),
    }  # fmt: skip


def _confined(processors: float, memory: int, threads: int) -> dict[str, Any]:
    return {
        "cpus": processors,
        "mem_limit": memory,
        "pids_limit": threads,
        "read_only": True,
        "tmpfs": [f"/tmp:size={_SCRATCH},mode=1777,noexec,nosuid,nodev"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "unless-stopped",
    }


def _bytes(quantity: str) -> int:
    """Kubernetes' notation of memory, which Compose does not know, as a number."""
    digits = quantity.rstrip("KMGTi")
    power = " KMGT".index(quantity[len(digits) :][:1] or " ")
    return int(digits) * (1024 if quantity.endswith("i") else 1000) ** power


def _user() -> str:
    """Whoever owns the models may read them; root is nobody inside."""
    user, group = os.getuid(), os.getgid()
    own = f"{user}:{group}" if user else f"{_NOBODY}:{_NOBODY}"
    return f"${{SERVING_USER:-{own}}}"
