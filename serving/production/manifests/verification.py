"""The init container: TensorFlow Serving starts only with the versions that a run pushed.

It can check neither digests nor signatures itself. What is promoted later is checked by
`medtfx promote`; a new pod checks everything that its server is about to load.
"""

from typing import Any

from serving.production.flags import CONFIG_FOLDER, MODELS_FILE, PUBLIC_KEY_FILE
from serving.production.plan import Plan
from serving.production.storage import MOUNTED

_SHARE = {"cpu": "500m", "memory": "512Mi"}


def init_containers(
    plan: Plan, mounts: list[dict[str, Any]], security: dict[str, Any]
) -> list[dict[str, Any]]:
    """Returns the container that runs `medtfx verify-model`; none without an image of medtfx.

    Nor is there one for a bucket: the copy step of the site runs the command there.

    Args:
        plan: what is served.
        mounts: of the server, whose models and configuration it reads.
        security: the `securityContext`.
    """
    if plan.app_image is None or not plan.storage.is_mounted:
        return []
    config = f"{CONFIG_FOLDER}/{MODELS_FILE}"
    key = [] if plan.public_key is None else [f"--public-key={CONFIG_FOLDER}/{PUBLIC_KEY_FILE}"]
    return [
        {
            "name": "verify-model",
            "image": plan.app_image,
            "command": ["medtfx", "verify-model", f"{MOUNTED}/{plan.model}"],
            "args": [f"--models-config={config}", *key],
            "workingDir": "/tmp",
            "resources": {"requests": _SHARE, "limits": _SHARE},
            "securityContext": security,
            "volumeMounts": mounts,
        }
    ]
