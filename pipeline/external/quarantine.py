"""The list of files that were not used, and what happens if they are too many: as in ingestion."""

from pathlib import Path

from components.imaging import quarantine
from components.imaging.quarantine import Quarantined
from pipeline.external.errors import ExternalError
from pipeline.external.predicted import Predicted


def write_quarantine(folder: Path, found: Predicted, max_share: float) -> str:
    """Writes the list, and returns it in one line; '' if every file was used.

    Args:
        folder: of the results.
        found: the predictions, with the images that have none.
        max_share: largest share of images without a prediction, `data.max_quarantine_share`.

    Raises:
        ExternalError: the share is larger: the figures of the rest may mislead.
        OSError: the list can't be written.
    """
    left_out = (Quarantined(path, reason) for path, reason in found.images.left_out)
    unused = [*found.failed, *left_out]
    path = folder / quarantine.FILE_NAME
    path.write_text(quarantine.to_csv(unused), encoding="utf-8")
    share = len(found.failed) / len(found.images.names)
    if share > max_share:
        raise ExternalError(
            f"{share:.0%} of {len(found.images.names)} images have no prediction, more than "
            f"data.max_quarantine_share = {max_share:.0%}. The first: {found.failed[0].file} "
            f"({found.failed[0].reason}). All are in {path}. Correct the files, or raise the share "
            "with --set if you know why."
        )
    return quarantine.summary(unused)
