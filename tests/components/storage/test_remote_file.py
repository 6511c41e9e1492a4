"""The same on s3:// and through Beam.

Beam's own local files stand for gs://, of which there is no server to run here: the calls of Beam
are the same.
"""

import pytest

from components.storage import remote_file


@pytest.fixture(params=["s3", "beam"])
def address(request, tmp_path):
    if request.param == "beam":
        return f"{tmp_path}/a film.json"
    return f"{request.getfixturevalue('bucket')}/a/film 1.json"


def test_a_file_is_written_read_and_deleted(address):
    with pytest.raises(FileNotFoundError):
        remote_file.read(address)
    for content in (b"first", b"second"):
        remote_file.write(address, content)
        assert remote_file.read(address) == content
    remote_file.delete(address)
    with pytest.raises(FileNotFoundError, match=r"film( 1)?\.json"):
        remote_file.read(address)
