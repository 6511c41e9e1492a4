"""How a model's predictions are written into a study: the section `dicom.report`."""

from typing import Annotated

from pydantic import Field, field_validator

from components.recipe.base import Section

_SHORT = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[^\\\x00-\x1f]*\S$")]  # VR SH
_LONG = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\\\x00-\x1f]*\S$")]  # VR LO


class Code(Section):
    """A coded concept, as in DICOM's Code Sequence Macro (PS3.3, 8.8).

    Attributes:
        value: the code, such as 233604007.
        scheme: whose code it is: SCT for SNOMED CT, DCM, RADLEX, LN, or your own, which starts with
            99.
        meaning: the concept in words, such as Pneumonia.
    """

    value: _SHORT
    scheme: _SHORT
    meaning: _LONG

    @field_validator("value", mode="before")
    @classmethod
    def _digits_are_text(cls, value: object) -> object:
        """YAML reads 233604007 as a number."""
        return str(value) if type(value) is int else value


class DicomReport(Section):
    """How a model's predictions are written into a study.

    Attributes:
        findings: class of the model → the coded finding that a prediction of it reports. A class
            that is not named gets a code of medtfx's own scheme, 99MEDTFX, which no other system
            knows.
        secondary_capture: add a picture of each predicted image under its heatmap, for viewers that
            show no structured reports.
        presentation_state: add a Grayscale Softcopy Presentation State for each predicted grey
            image: the prediction in words, and a frame round what the heatmap is brightest in.
    """

    findings: dict[str, Code] = {}
    secondary_capture: bool = False
    presentation_state: bool = False

    @property
    def needs_heatmaps(self) -> bool:
        """Whether the model is to be asked to explain its predictions."""
        return self.secondary_capture or self.presentation_state
