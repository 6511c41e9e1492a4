import pytest

from serving.dicom.errors import RefusedError
from serving.dicom.receive.multipart import PartFiles, boundary_of

RIGHT = 'multipart/related; type="application/dicom"; boundary="b o"'


@pytest.mark.parametrize(
    "header", [RIGHT, "multipart/related;boundary=x", "Multipart/Related; boundary=x; start=1"]
)
def test_a_boundary(header):
    assert boundary_of(header) in (b"b o", b"x")


@pytest.mark.parametrize(
    "header",
    ["", "application/dicom", "multipart/related", "multipart/form-data; boundary=x",
     'multipart/related; type="application/dicom+json"; boundary=x'],
)  # fmt: skip
def test_no_body_of_dicom_objects(header):
    with pytest.raises(RefusedError, match=r"multipart/related; type=.application/dicom"):
        boundary_of(header)


def body(*parts):
    found = b"".join(b"\r\n--x\r\nContent-Type: application/dicom\r\n\r\n" + part for part in parts)
    return found[2:] + b"\r\n--x--"


@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_parts_become_files_however_they_arrive(tmp_path, step):
    parts, sent = PartFiles(b"x", tmp_path, 100, 5), body(b"one\r\n--xy", b"\r\n\r\n", b"")
    for at in range(0, len(sent), step):
        parts.write(sent[at : at + step])
    assert parts.is_complete
    assert [file.read_bytes() for file in parts.files] == [b"one\r\n--xy", b"\r\n\r\n", b""]
    parts.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"no boundary", "is not multipart/related"),
        (body(b"x" * 101), "at most 100 bytes"),
        (body(*[b"1"] * 6), "at most 5 objects"),
    ],
)
def test_what_is_refused_leaves_nothing(tmp_path, sent, reason):
    parts = PartFiles(b"x", tmp_path, 100, 5)
    with pytest.raises(RefusedError, match=reason):
        parts.write(sent)
    parts.close()
    assert not list(tmp_path.iterdir())


def test_a_body_that_ends_early(tmp_path):
    parts = PartFiles(b"x", tmp_path, 100, 5)
    parts.write(body(b"one")[:-4])
    assert not parts.is_complete
    parts.close()
    assert not list(tmp_path.iterdir())
