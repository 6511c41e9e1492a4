"""The codes of a report: those of the recipe, and medtfx's own scheme, 99MEDTFX."""

import hashlib

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept

from components.recipe.dicom_report import DicomReport
from components.runtime.text import one_line
from serving.protocol.prediction import Prediction

SCHEME = "99MEDTFX"
SCHEME_ITEM = CodingSchemeIdentificationItem(
    designator=SCHEME, name="Codes of medtfx", version="1", responsible_organization="medtfx"
)


def _own(value: str, meaning: str) -> CodedConcept:
    return CodedConcept(value, SCHEME, meaning[:64])


RELIABILITY = _own("RELIABILITY", "Reliability of the prediction")
RELIED_ON = _own("RELIED_ON", "As sure as the model has to be")
UNCERTAIN = _own("UNCERTAIN", "Uncertain: not to be relied on")
OUTSIDE = _own("OUTSIDE", "Outside what the model has seen: not to be relied on")
NOT_ANSWERED = _own("NOT_ANSWERED", "Not answered")


def reliability(answer: Prediction | None) -> CodedConcept:
    """Returns how far a prediction is to be relied on, `NOT_ANSWERED` if there is none."""
    if answer is None:
        return NOT_ANSWERED
    if answer.out_of_distribution:
        return OUTSIDE
    return UNCERTAIN if answer.uncertain else RELIED_ON


def finding(label: str, settings: DicomReport) -> CodedConcept:
    """Returns the coded finding of a class: the recipe's, else one of 99MEDTFX."""
    code = settings.findings.get(label)
    if code is not None:
        return CodedConcept(code.value, code.scheme, code.meaning)
    return _own(f"C-{_digest(label)}", _plain(label))


def probability(label: str) -> CodedConcept:
    """Returns the name of the measurement: how probable the model holds a class to be."""
    return _own(f"P-{_digest(label)}", f"Probability of {_plain(label)}")


def _digest(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:8]


def _plain(label: str) -> str:
    """As a Code Meaning may be: one line, and no backslash (VR LO)."""
    return one_line(label).replace("\\", "/").strip() or "(no name)"
