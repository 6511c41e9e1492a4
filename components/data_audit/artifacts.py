"""The artifact that carries the audit."""

from tfx.types.artifact import Artifact, Property, PropertyType

JSON_FILE, PAGE_FILE = "audit.json", "audit.html"


class Audit(Artifact):
    """A folder with `audit.json`, `audit.html` and lists in CSV; the properties sum it up."""

    TYPE_NAME = "DataAudit"
    PROPERTIES = {
        "stops": Property(type=PropertyType.INT),
        "reports": Property(type=PropertyType.INT),
        "summary": Property(type=PropertyType.STRING),
    }
