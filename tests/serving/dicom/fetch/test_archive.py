import pytest

from serving.dicom.errors import FetchError
from serving.dicom.fetch.archive import Query, parse_query


def test_keys_go_to_their_level():
    query = parse_query(["Modality=DX", "StudyDate=20260101-", "PatientSex = F"])
    assert query == Query({"StudyDate": "20260101-", "PatientSex": "F"}, {"Modality": "DX"})


@pytest.mark.parametrize(
    "text", ["Modality", "Modality=", "Nonsense=1", "=DX", "IconImageSequence=1"]
)
def test_what_is_no_key_is_a_sentence(text):
    with pytest.raises(FetchError, match="Modality=DX"):
        parse_query([text])


def test_accession_numbers_are_those_of_the_labels():
    with pytest.raises(FetchError, match="--labels"):
        parse_query(["AccessionNumber=A-1"])
