"""A picture of an image under its heatmap, for viewers that show no structured reports."""

from pathlib import Path

import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset

from components.imaging.images import read_image
from components.imaging.unreadable import UnreadableImage
from serving.client.overlay import draw_overlay
from serving.dicom.errors import ReportError
from serving.dicom.report.provenance import Made, described, written
from serving.dicom.report.source_image import FURTHER_IDENTITY, IDENTITY

_LONGEST_SIDE = 1024  # pixels: 3 MB as they are stored, without compression
_ANY_SIZE = 2**62  # pixels: the image has been read before, within the limits of the site
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def secondary_capture(
    path: Path,
    source: Dataset,
    heatmap: NDArray[np.float32],
    made: Made,
    uid: str,
) -> Dataset:
    """Returns the picture as a Secondary Capture Image of the study.

    Args:
        path: of the image.
        source: the same, from `read_source`.
        heatmap: float32 [h, w] in 0..1.
        made: by which model, when, and the caption.
        uid: SOP Instance UID of the picture.

    Raises:
        ReportError: the image can't be read.
        OSError: the file can't be read.
    """
    overlay = draw_overlay(_read(path), heatmap)
    overlay.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    capture = SCImage(
        pixel_array=np.asarray(_with_caption(overlay, made.caption)),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),  # what highdicom asks for; that of the source comes below
        study_instance_uid=source.StudyInstanceUID,
        **described(made.model, source, "SC", made.number, uid, "Heatmaps"),
        **written(made.at),
    )
    for keyword in (*IDENTITY, *FURTHER_IDENTITY, "BurnedInAnnotation"):
        if keyword in source:
            capture[keyword] = source[keyword]
    capture.Laterality = source.get("Laterality", "")
    capture.PatientOrientation = source.get("PatientOrientation")
    capture.ConversionType = "WSD"  # workstation
    capture.DateOfSecondaryCapture = capture.ContentDate
    capture.TimeOfSecondaryCapture = capture.ContentTime
    capture.InstanceCreationDate = capture.ContentDate
    capture.InstanceCreationTime = capture.ContentTime
    capture.DerivationDescription = "Grad-CAM heatmap over the image"
    capture.SourceImageSequence = [_reference(source)]
    return capture


def _read(path: Path) -> bytes:
    try:
        return read_image(path.read_bytes(), max_pixels=_ANY_SIZE).encoded
    except UnreadableImage as error:
        raise ReportError(
            f"A heatmap is drawn over its image. {path.name!r} has a prediction, and can't be read "
            f"any more: {error}. Send the image again."
        ) from error


def _reference(source: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return item


def _with_caption(image: Image.Image, lines: list[str]) -> Image.Image:
    """Adds the lines below the image, none of whose pixels is covered."""
    size = max(10, image.width // 40)
    font = ImageFont.load_default(size)
    longest = max((font.getlength(line) for line in lines), default=0)
    width = max(image.width, int(longest) + size)
    canvas = Image.new("RGB", (width, image.height + (len(lines) + 1) * size * 4 // 3), _BLACK)
    canvas.paste(image)
    draw = ImageDraw.Draw(canvas)
    for row, line in enumerate(lines):
        draw.text((size // 2, image.height + size // 2 + row * size * 4 // 3), line, _WHITE, font)
    return canvas
