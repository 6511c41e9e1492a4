import pytest

from components.imaging.measures.identifiers import suspicious_key, suspicious_value


@pytest.mark.parametrize(
    "key", ["PatientName", "patient_id", "Date of Birth", "DOB", "E-Mail", "GPSInfo", "name", "MRN"]
)
def test_names_of_fields_that_identify(key):
    assert suspicious_key(key) == "its name says so"


@pytest.mark.parametrize("key", ["sex", "age", "view", "site", "filename", "Manufacturer", "adobe"])
def test_names_of_fields_that_do_not(key):
    assert suspicious_key(key) == ""


VALUES = {
    "DOE^JANE": "holds a name as DICOM writes it",
    "write to jane.doe@example.org": "holds an e-mail address",
    "1961-03-12": "holds a date",
    "seen 12.03.1988": "holds a date",
    "19610312": "holds a date",
    "Name: Jane": "holds a labelled identifier",
    "00002658_001": "",
    "1961-13-12": "",
    "256 x 256": "",
}


@pytest.mark.parametrize("value", VALUES)
def test_values_that_identify_and_others(value):
    assert suspicious_value(value) == VALUES[value]
