"""The artifacts that our own nodes write, and the names of the files in them."""

from tfx.types.artifact import Artifact, Property, PropertyType

AUDIT_JSON, AUDIT_PAGE = "audit.json", "audit.html"
REPORT_PAGE, PREDICTIONS_FILE = "report.html", "predictions.csv"
DECISION_FILE = "approval.json"
TAKEN_OVER = "images_taken_over"  # of a Quarantine: images that an earlier run has read
SIGNED = "signed"  # of a PushedModel: 1 if the site's key signed the version
OUT_OF_FOLD = "out_of_fold"  # split of the predictions of a cross-validation
HISTORY_FILE = "history.json"  # of the Trainer, in its ModelRun: phase → logs of each epoch


class Quarantine(Artifact):
    """Of ImageExampleGen: `quarantine.csv` and `notes.csv`; the properties count what was read."""

    TYPE_NAME = "Quarantine"
    PROPERTIES = {
        "images_read": Property(type=PropertyType.INT),
        "images_unreadable": Property(type=PropertyType.INT),
        "not_used": Property(type=PropertyType.STRING),
        "data_fingerprint": Property(type=PropertyType.STRING),
    }


class Audit(Artifact):
    """Of DataAudit: `audit.json`, `audit.html` and lists in CSV; the properties sum it up."""

    TYPE_NAME = "DataAudit"
    PROPERTIES = {
        "stops": Property(type=PropertyType.INT),
        "reports": Property(type=PropertyType.INT),
        "summary": Property(type=PropertyType.STRING),
    }


class Approval(Artifact):
    """Of RecordDecision: who approved or rejected a model, when and why, in `approval.json`.

    It is about the copy of the model in one InfraBlessing, which is what the Pusher pushes:
    `model_files` holds the digest of each of its files as JSON, {} after a rejection.
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
        "model_files": Property(type=PropertyType.STRING),
        "data_fingerprint": Property(type=PropertyType.STRING),
        "recalls": Property(type=PropertyType.STRING),
    }


class RunReport(Artifact):
    """Of RunReport: a folder with `report.html` and `predictions.csv`."""

    TYPE_NAME = "RunReport"
