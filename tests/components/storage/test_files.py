import os

import pytest

from components.runtime.errors import DataError
from components.storage import files
from tests.tiny_files import write


def names_below(base):
    return [file.relative for file in files.walk(str(base))]


def test_files_come_sorted_with_forward_slashes(tmp_path):
    write(tmp_path, "b/2.png", "b/1.png", "a.csv", "b/c/3.png")
    assert names_below(tmp_path) == ["a.csv", "b/1.png", "b/2.png", "b/c/3.png"]


def test_the_order_is_that_of_the_whole_paths(tmp_path):
    """A disk lists folder by folder, object storage by key: the same order, or the same digest."""
    write(tmp_path, "a/1.png", "a.png", "a-b/2.png", "a b.png", "a!/3.png", "b", "a/b/4.png", "a0")
    assert names_below(tmp_path) == sorted(names_below(tmp_path))
    assert len(names_below(tmp_path)) == 8


def test_one_folder_alone_or_with_all_below(tmp_path):
    write(tmp_path, "0.png", "a/1.png", "a/b/2.png", "c/3.png")
    assert [file.relative for file in files.walk(str(tmp_path), "a")] == ["a/1.png", "a/b/2.png"]
    assert [file.relative for file in files.walk(str(tmp_path), "a", False)] == ["a/1.png"]
    assert [file.relative for file in files.walk(str(tmp_path), "", False)] == ["0.png"]


def test_subfolders_of_folders_without_files(tmp_path):
    write(tmp_path, "base/a/b/1.png", "base/c/2.png", "base/.hidden/3.png")
    base = str(tmp_path / "base")
    assert files.subfolders(base) == ["a", "c"]
    assert files.subfolders(base, "a") == ["a/b"]
    assert files.subfolders(base, "a/b") is None
    write(tmp_path, "base/4.png")
    assert files.subfolders(base) is None
    assert files.subfolders(base, among_files=True) == ["a", "c"]
    (tmp_path / "base" / "c" / "up").symlink_to("..")
    assert [file.relative for file in files.walk(base, "c")] == ["c/2.png"]


def test_size_and_time_are_those_of_the_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"12345")
    os.utime(tmp_path / "a.png", ns=(1, 1_600_000_000_000_000_007))
    (found,) = files.walk(str(tmp_path))
    assert found == files.FoundFile("a.png", 5, 1_600_000_000_000_000_007)


def test_hidden_files_and_folders_are_left_out(tmp_path):
    write(tmp_path, "a.png", ".DS_Store", "._a.png", ".git/b.png", "c/.hidden/d.png")
    assert names_below(tmp_path) == ["a.png"]


@pytest.mark.parametrize("missing", ["nowhere", "a.png"])
def test_a_missing_folder_and_a_file_hold_nothing(tmp_path, missing):
    write(tmp_path, "a.png")
    assert names_below(tmp_path / missing) == []


def test_links_to_files_and_folders_are_followed(tmp_path):
    write(tmp_path, "elsewhere/1.png", "elsewhere/deep/2.png")
    base = tmp_path / "base"
    base.mkdir()
    (base / "one.png").symlink_to(tmp_path / "elsewhere/1.png")
    (base / "all").symlink_to(tmp_path / "elsewhere")
    assert names_below(base) == ["all/1.png", "all/deep/2.png", "one.png"]


def test_a_linked_base_is_followed(tmp_path):
    write(tmp_path, "elsewhere/1.png")
    (tmp_path / "base").symlink_to("elsewhere")
    assert names_below(tmp_path / "base") == ["1.png"]


@pytest.mark.parametrize("target", [".", "..", "../..", "/"])
def test_a_link_that_leads_back_up_is_left_out(tmp_path, target):
    base = tmp_path / "base"
    write(base, "a/1.png")
    write(tmp_path, "outside.png")
    (base / "a" / "up").symlink_to(target)
    assert names_below(base) == ["a/1.png"]


def test_two_folders_that_link_to_each_other_end(tmp_path):
    write(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a" / "to_b").symlink_to("../b")
    (tmp_path / "b" / "to_a").symlink_to("../a")
    assert names_below(tmp_path) == ["a/1.png", "a/to_b/2.png", "b/2.png", "b/to_a/1.png"]


@pytest.mark.parametrize("target", ["nowhere.png", "self.png"])
def test_a_dangling_link_is_listed_without_a_size(tmp_path, target):
    # Reading it later gives the reason for the quarantine; leaving it out would lose it silently.
    (tmp_path / "self.png").symlink_to(target)
    assert list(files.walk(str(tmp_path))) == [files.FoundFile("self.png", -1, 0)]


def test_a_name_that_is_not_utf8_is_listed_and_readable(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    write(tmp_path, name)
    assert names_below(tmp_path) == [name]
    assert files.read_bytes(str(tmp_path), name) == b"x"


def test_a_folder_that_may_not_be_listed_is_an_error(tmp_path, monkeypatch):
    write(tmp_path, "open/1.png", "locked/2.png")
    scandir = os.scandir

    def refuse(folder):  # root, as whom tests may run, is refused by no mode bits
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="locked"):
        names_below(tmp_path)


def test_the_first_bytes_of_a_file(tmp_path):
    (tmp_path / "long").write_bytes(b"DICM and more")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    read = [files.read_head(str(tmp_path), name, 4) for name in ("long", "empty", "pipe")]
    assert read == [b"DICM", b"", b""]


@pytest.mark.parametrize("address", ["file:///films", "https://host/films", "S3://bucket"])
def test_other_schemes_are_refused_in_words(address):
    with pytest.raises(DataError, match=f"must be a path, gs://.*Received: '{address}'"):
        list(files.walk(address))


def test_remote_is_what_carries_a_scheme():
    assert files.is_remote("gs://bucket/x")
    assert files.is_remote("s3://bucket")
    assert not files.is_remote("/data/x")
    assert not files.is_remote("data:x/y")


# === Object storage ===


@pytest.fixture(scope="module")
def bucket(s3):
    s3.create_bucket(Bucket="xrays")
    for key in (
        "chest/b/2.png",
        "chest/b/1.png",
        "chest/b/",
        "chest/.hidden/3.png",
        "chests/4.png",
    ):
        s3.put_object(Bucket="xrays", Key=key, Body=b"" if key.endswith("/") else key.encode())
    return "s3://xrays"


@pytest.mark.parametrize("end", ["", "/"])
def test_objects_are_listed_and_read_like_files(bucket, end):
    base = f"{bucket}/chest{end}"
    found = list(files.walk(base))
    assert [file.relative for file in found] == ["b/1.png", "b/2.png"]
    assert all(file.size == len("chest/b/1.png") and file.modified > 0 for file in found)
    assert files.read_bytes(base, "b/1.png") == b"chest/b/1.png"
    assert files.read_head(base, "b/1.png", 5) == b"chest"
    assert files.read_head(bucket, "chest/b/", 5) == b""


def test_folders_of_a_bucket(bucket):
    base = f"{bucket}/chest"
    assert files.subfolders(bucket) == ["chest", "chests"]
    assert files.subfolders(base) == ["b"]
    assert files.subfolders(base, "b") is None
    assert [file.relative for file in files.walk(bucket, "chest/b")] == [
        "chest/b/1.png",
        "chest/b/2.png",
    ]
    assert list(files.walk(base, "", False)) == []
    assert len(list(files.walk(base, "b", False))) == 2


def test_a_missing_object_is_like_a_missing_file(bucket):
    with pytest.raises(OSError, match=r"xrays/chest/none.png"):
        files.read_bytes(f"{bucket}/chest", "none.png")


def test_an_empty_place_holds_nothing(bucket):
    assert list(files.walk(f"{bucket}/nothing/here")) == []


def test_a_missing_bucket_is_a_sentence(bucket):
    with pytest.raises(DataError, match=r"can't be listed: the bucket 'nowhere' .*404.*AWS_"):
        list(files.walk("s3://nowhere/x"))


def test_a_server_that_is_down_is_a_sentence(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(DataError, match=r"127.0.0.1:9.*AWS_ENDPOINT_URL"):
        list(files.walk("s3://xrays/chest"))
