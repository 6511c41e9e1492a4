"""What Docker Compose and Kubernetes have in common when they run `medtfx dicom-node`."""

from collections.abc import Sequence

from serving.production.flags import CONFIG_FOLDER, GRPC_PORT
from serving.production.plan import Plan
from serving.production.storage import MOUNTED
from serving.protocol.errors import ServingError

RECIPE_FILE = "recipe.yaml"
DICOM_PORT, HTTP_PORT = 11112, 8043
SPOOL = "/spool"


def is_wanted(plan: Plan) -> bool:
    """Whether the node is written.

    The recipe says where results go, there is an image, and the models, whose digests the results
    name, are on a volume.
    """
    has_destination = plan.dicom is not None and plan.dicom.destination is not None
    return has_destination and plan.app_image is not None and plan.storage.is_mounted


def node_command(plan: Plan, server: str) -> list[str]:
    """Returns the command of the node.

    Args:
        plan: what is served.
        server: host of the model's server.

    Raises:
        ServingError: nobody would be allowed to send.
    """
    return [
        "medtfx", "dicom-node", f"{CONFIG_FOLDER}/{RECIPE_FILE}",
        f"--server={server}:{GRPC_PORT}", f"--model-base={MOUNTED}", f"--spool={SPOOL}",
        "--host=0.0.0.0", f"--port={DICOM_PORT}", f"--http-port={HTTP_PORT}",
        *(f"--caller={title}" for title in _callers(plan)),
    ]  # fmt: skip


def _callers(plan: Plan) -> Sequence[str]:
    if plan.dicom is None or plan.dicom.destination is None:
        return ()
    to = plan.dicom.destination.ae_title
    callers = plan.dicom.callers or ((to,) if to else ())
    if not callers:
        raise ServingError(
            "A DICOM node that others reach takes images of known AE titles alone. Received: "
            "dicom.callers [] and a destination without ae_title. Name them in dicom.callers."
        )
    return callers
