"""A Grayscale Softcopy Presentation State: the prediction in words, laid over the image."""

import numpy as np
from highdicom.content import PresentationLUTTransformation
from highdicom.pr import (
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from numpy.typing import NDArray
from pydicom import Dataset
from scipy import ndimage

from serving.dicom.report.provenance import Made, described, written

BRIGHT = 0.5  # of a heatmap in 0..1: what is framed
_TEXT_BOX = (0.02, 0.02, 0.98, 0.16)  # left, top, right, bottom, of the displayed area
_WINDOW = (
    "RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth",
    "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence",
)  # fmt: skip


def can_be_presented(source: Dataset) -> bool:
    """Whether an image can have such a state: grey, of one frame, without a Modality LUT table."""
    return (
        source.get("SamplesPerPixel") == 1
        and str(source.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
        and int(source.get("NumberOfFrames") or 1) == 1
        and "ModalityLUTSequence" not in source
        and "Rows" in source
        and "Columns" in source
    )


def presentation_state(
    source: Dataset,
    heatmap: NDArray[np.float32] | None,
    made: Made,
    uid: str,
) -> Dataset:
    """Returns the state, which keeps the window of the image.

    Args:
        source: the image, from `read_source`; `can_be_presented`.
        heatmap: float32 [h, w] in 0..1; each region above `BRIGHT` gets a frame. None: no frames.
        made: by which model, when, and the caption.
        uid: SOP Instance UID of the state.
    """
    layer = GraphicLayer("AI_RESULT", 1, description="Prediction of a model")
    annotation = GraphicAnnotation(
        referenced_images=[source],
        graphic_layer=layer,
        text_objects=[
            TextObject("\r\n".join(made.caption), "DISPLAY", _TEXT_BOX, text_justification="LEFT")
        ],
        graphic_objects=[] if heatmap is None else _frames(heatmap, source.Rows, source.Columns),
    )
    inverse = source.PhotometricInterpretation == "MONOCHROME1"
    arguments = {
        **described(made.model, source, "PR", made.number, uid, "AI results"),
        "content_label": "AI_RESULT",
        "content_description": f"Prediction of {made.model.name}"[:64],
        "graphic_annotations": [annotation],
        "graphic_layers": [layer],
        "presentation_lut_transformation": PresentationLUTTransformation(
            presentation_lut_shape="INVERSE" if inverse else "IDENTITY"
        ),
    }
    try:
        state = GrayscaleSoftcopyPresentationState([source], **arguments)
    except (ValueError, TypeError, AttributeError):  # its window is no window
        state = GrayscaleSoftcopyPresentationState([_without_window(source)], **arguments)
    _set_spacing(state, source)
    state.Laterality = source.get("Laterality", "")
    day = written(made.at)
    state.PresentationCreationDate = state.InstanceCreationDate = day["content_date"]
    state.PresentationCreationTime = state.InstanceCreationTime = day["content_time"]
    state.SeriesDate, state.SeriesTime = day["series_date"], day["series_time"]
    return state


def _without_window(source: Dataset) -> Dataset:
    plain = Dataset(source)
    for keyword in _WINDOW:
        if keyword in plain:
            del plain[keyword]
    return plain


def _frames(heatmap: NDArray[np.float32], rows: int, columns: int) -> list[GraphicObject]:
    """A rectangle round each bright region, in pixels; the first is 1, 1 (PS3.3, C.10.5.1)."""
    regions, _ = ndimage.label(heatmap >= BRIGHT)
    high, wide = rows / heatmap.shape[0], columns / heatmap.shape[1]
    frames = []
    for down, across in ndimage.find_objects(regions):
        top, bottom = 1 + down.start * high, min(rows, down.stop * high)
        left, right = 1 + across.start * wide, min(columns, across.stop * wide)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        frames.append(GraphicObject("POLYLINE", np.array(corners), "PIXEL"))
    return frames


def _set_spacing(state: Dataset, source: Dataset) -> None:
    """Pixels that are not square are not to be shown as squares (PS3.3, C.10.4)."""
    area = state.DisplayedAreaSelectionSequence[0]
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = source.get(keyword)
        if spacing is not None and len(spacing) == 2 and min(spacing) > 0:
            area.PresentationPixelSpacing = list(spacing)
            del area.PresentationPixelAspectRatio
            return
    ratio = source.get("PixelAspectRatio")
    if ratio is not None and len(ratio) == 2:
        area.PresentationPixelAspectRatio = list(ratio)
