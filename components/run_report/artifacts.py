"""The artifact that carries the report."""

from tfx.types.artifact import Artifact

REPORT_FILE, PREDICTIONS_FILE = "report.html", "predictions.csv"


class RunReport(Artifact):
    """A folder with `report.html` and `predictions.csv`."""

    TYPE_NAME = "RunReport"
