import pytest

from serving.dicom.errors import FetchError
from serving.dicom.fetch.address import check_title, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ORTHANC@pacs.example:4242", ("ORTHANC", "pacs.example", 4242)),
        ("MY PACS@10.0.0.1:104", ("MY PACS", "10.0.0.1", 104)),
        ("A@[::1]:104", ("A", "::1", 104)),
    ],
)
def test_title_host_and_port(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["pacs:104", "A@pacs", "A@pacs:0", "A@pacs:70000", "A" * 17 + "@p:104", "@p:104", ""]
)
def test_anything_else_is_a_sentence(text):
    with pytest.raises(FetchError, match="such as ORTHANC@"):
        parse_address(text)


def test_an_own_title_is_checked():
    assert check_title("MEDTFX") == "MEDTFX"
    with pytest.raises(FetchError, match="16 ASCII"):
        check_title("Ä")
