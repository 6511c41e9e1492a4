"""The artifact that carries a person's decision."""

from tfx.types.artifact import Artifact, Property, PropertyType

DECISION_FILE = "approval.json"


class Approval(Artifact):
    """Who let a validated model pass, or did not, when and why; the folder has `approval.json`.

    It is about the copy of the model in one InfraBlessing, which is what the Pusher pushes.
    """

    TYPE_NAME = "Approval"
    PROPERTIES = {
        "approved": Property(type=PropertyType.INT),
        "by": Property(type=PropertyType.STRING),
        "note": Property(type=PropertyType.STRING),
        "at": Property(type=PropertyType.STRING),
        "run": Property(type=PropertyType.STRING),
        "model_id": Property(type=PropertyType.INT),
        "infra_blessing_id": Property(type=PropertyType.INT),
        "data_fingerprint": Property(type=PropertyType.STRING),
        "recalls": Property(type=PropertyType.STRING),
    }
