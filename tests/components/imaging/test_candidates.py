import os

import pytest

from components.imaging.candidates import image_files, may_be_unnamed, suffix_of
from tests.components.imaging.dicom_files import make

JPEG_2000 = b"\0\0\0\x0cjP  \r\n\x87\n"


@pytest.mark.parametrize(
    ("name", "says_nothing"),
    [
        ("IM000001", True),
        ("study/1.2.840.113619.2.55.3", True),
        ("image.0001", True),
        ("a.b/IM1", True),
        ("notes.txt", False),
        ("archive.7z", False),
        ("film.dcm", False),
        ("DICOMDIR", False),
        ("disc/dicomdir", False),
    ],
)
def test_which_names_say_nothing(name, says_nothing):
    assert may_be_unnamed(name) is says_nothing


def test_without_a_known_suffix_the_first_bytes_decide(tmp_path):
    contents = {
        "scan.png": b"whatever it holds",
        "notes.txt": make(),
        "CT0001.IMA": make(),
        "photo.jfif": b"whatever it holds",
        "series.001": make(),
        "model.npy": b"\x93NUMPY",
        "film.mp4": b"\0\0\0\x18ftypisom",
        "words.dat": b"BMW is no bitmap, and this is a text",
        "IM1": make(),
        "1.2.840.3": make(),
        "DICOMDIR": make(),
        "film": b"\xff\xd8\xff\xe0",
        "modern": JPEG_2000,  # which reading then refuses with its reason
        "LICENSE": b"Apache License",
        "empty": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    found = image_files(str(tmp_path), [*contents, "pipe", "gone"])
    assert found == {
        "scan.png", "IM1", "1.2.840.3", "film", "modern", "CT0001.IMA", "photo.jfif", "series.001",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a/B.IMA", ".ima"), ("IM1", "without suffix"), ("1.2.84", "without suffix")],
)
def test_suffix_for_counting(name, suffix):
    assert suffix_of(name) == suffix


def test_what_can_not_be_read_is_not_lost(tmp_path):
    (tmp_path / "IM1").symlink_to("/proc/self/mem")  # a regular file that not even root can read
    assert image_files(str(tmp_path), ["IM1"]) == {"IM1"}


def test_objects_in_a_bucket(s3):
    s3.create_bucket(Bucket="scans")
    for key, body in (("in/IM1", make()), ("in/README", b"text"), ("in/_SUCCESS", b"")):
        s3.put_object(Bucket="scans", Key=key, Body=body)
    assert image_files("s3://scans/in", ["IM1", "README", "_SUCCESS"]) == {"IM1"}
