import pytest

from serving.dicom.fetch.manifest import Entry, Manifest, Outcome, read_manifest

FETCHED = Entry(2, "COVID", Outcome.FETCHED, "2.25.1", "2.25.2", "ab", "COVID/ab_1.dcm")
FAILED = Entry(3, "=Normal", Outcome.FAILED, reason="nothing answers, at\nall")


@pytest.fixture
def file(tmp_path):
    with Manifest(tmp_path) as manifest:
        manifest.add(FETCHED)
        manifest.add(FAILED)
    return tmp_path / "manifest.csv"


def test_rows_are_read_as_they_were_added(file):
    fetched, failed = read_manifest(file)
    assert fetched == FETCHED
    assert (failed.label, failed.reason) == ("=Normal", "nothing answers, at\\nall")


def test_what_is_not_final_is_left_out_next_time(file, tmp_path):
    with Manifest(tmp_path) as manifest:
        assert manifest.final == {"2.25.1": FETCHED}
    assert read_manifest(file) == [FETCHED]


def test_a_row_torn_by_a_kill_is_left_out(file, tmp_path):
    file.write_bytes(file.read_bytes() + b"4,COVID,fetched,2.25.9,2.2")
    assert len(read_manifest(file)) == 2
    with Manifest(tmp_path) as manifest:
        manifest.add(FETCHED)
    assert b"2.25.9" not in file.read_bytes()


def test_it_is_for_its_owner_alone(file):
    assert file.stat().st_mode & 0o077 == 0


def test_a_second_process_has_to_wait(file, tmp_path):
    with Manifest(tmp_path), pytest.raises(BlockingIOError):
        Manifest(tmp_path)
