"""Which images may become part of a training folder, and why the others may not."""

from pydicom import Dataset

from components.imaging.dicom.attributes import read_text
from serving.dicom.accept.acceptance import SECONDARY

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def why_refused(dataset: Dataset) -> str:
    """Returns why an image is not used; '' if it is.

    Pixels are not cleaned, so what may show a name or a face is refused: what says so, and
    secondary captures, which often do, unless they say the opposite.
    """
    if not any(keyword in dataset for keyword in _PIXELS):
        return "it has no picture"
    if not read_text(dataset, "PatientID"):
        return "it has no Patient ID, so its images could not be kept together"
    burned_in = read_text(dataset, "BurnedInAnnotation").upper()
    if burned_in == "YES":
        return "Burned In Annotation says YES: its pixels may show who the patient is"
    if read_text(dataset, "SOPClassUID") in SECONDARY and burned_in != "NO":
        return "a secondary capture that does not say that no annotation is burned in"
    if read_text(dataset, "RecognizableVisualFeatures").upper() == "YES":
        return "Recognizable Visual Features says YES: its pixels may show the patient's face"
    return ""
