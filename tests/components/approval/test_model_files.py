import hashlib

from components.approval.model_files import differences, digest_files


def test_every_file_has_its_digest(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "index").write_bytes(b"one")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert digest_files(str(tmp_path)) == {
        "saved_model.pb": hashlib.sha256(b"").hexdigest(),
        "variables/index": hashlib.sha256(b"one").hexdigest(),
    }


def test_a_long_file_is_read_to_its_end(tmp_path):
    content = bytes(3_000_000)
    (tmp_path / "long").write_bytes(content)
    assert digest_files(str(tmp_path)) == {"long": hashlib.sha256(content).hexdigest()}


def test_a_missing_folder_has_no_files(tmp_path):
    assert digest_files(str(tmp_path / "nowhere")) == {}


def test_differences_name_each_file():
    expected, found = {"a": "1", "b": "2", "same": "3"}, {"b": "4", "c": "5", "same": "3"}
    assert differences(expected, found) == ["a is missing", "b was changed", "c was added"]
    assert differences(expected, expected) == []
