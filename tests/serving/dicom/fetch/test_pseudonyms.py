from components.storage.patient_key import hash_patient
from serving.dicom.fetch.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(b"one"), Pseudonyms(b"other")


def test_a_patient_is_the_one_that_training_knows():
    assert ONE.patient("4711") == hash_patient("4711", b"one") != OTHER.patient("4711")


def test_uids_follow_the_key_and_are_uids():
    new = ONE.uid("1.2.3")
    assert new == Pseudonyms(b"one").uid("1.2.3") != OTHER.uid("1.2.3")
    assert new.startswith("2.25.") and len(new) <= 64 and new.replace(".", "").isdecimal()


def test_days_differ_between_patients():
    days = [ONE.days(str(patient)) for patient in range(300)]
    assert min(days) >= 1 and max(days) <= 3650
    assert len(set(days)) > 250
