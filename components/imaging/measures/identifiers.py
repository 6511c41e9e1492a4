"""Whether a name or a value may identify a patient. Values are checked, never stored."""

import re

_KEYS = re.compile(
    "patientname|patientid|patientsname|fullname|firstname|lastname|surname|familyname|givenname"
    "|birth|^dob$|accession|^mrn$|medicalrecord|recordnumber|insurance|^ssn$|socialsecurity"
    "|physician|radiologist|operator|studydate|seriesdate|examdate|acquisitiondate|admission"
    "|address|street|postcode|zipcode|phone|email|^name$|^artist$|xpauthor|ownername|gps"
    "|datetimeoriginal|datetimedigitized|institution|serialnumber"
)
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_VALUES = (
    (re.compile(r"[^\W\d_]{2,}\^[^\W\d_]+"), "a name as DICOM writes it"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.I), "an e-mail address"),
    (re.compile(rf"(?<!\d){_YEAR}([-./:]?){_MONTH}\1{_DAY}(?!\d)"), "a date"),
    (re.compile(rf"(?<!\d){_DAY}([-./]){_MONTH}\1{_YEAR}(?!\d)"), "a date"),
    (re.compile(r"\b(?:patient|name|born|dob|mrn)\s*[:=]\s*\S", re.I), "a labelled identifier"),
)


def suspicious_key(key: str) -> str:
    """Returns why the name of a column, tag or chunk is suspicious; '' if it is not."""
    plain = re.sub("[^a-z0-9]", "", key.lower())
    return "its name says so" if _KEYS.search(plain) else ""


def suspicious_value(value: str) -> str:
    """Returns what a value that may identify a patient looks like; '' if it does not."""
    return next((f"holds {what}" for pattern, what in _VALUES if pattern.search(value)), "")
