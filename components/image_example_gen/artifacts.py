"""The artifact that carries the quarantine list."""

from tfx.types.artifact import Artifact, Property, PropertyType


class Quarantine(Artifact):
    """A folder with `quarantine.csv`; the properties count what was read and what was not."""

    TYPE_NAME = "Quarantine"
    PROPERTIES = {
        "images_read": Property(type=PropertyType.INT),
        "images_unreadable": Property(type=PropertyType.INT),
        "data_fingerprint": Property(type=PropertyType.STRING),
    }
