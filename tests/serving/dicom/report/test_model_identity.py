import json

import pytest

from components.runtime.errors import VersionError
from components.saved_model.manifest import write_manifest
from serving.dicom.report.model_identity import identify


@pytest.fixture
def version(tmp_path):
    folder = tmp_path / "chest" / "7"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"model")
    write_manifest(folder)
    return folder


def test_name_version_and_a_digest_of_all_files(version):
    first = identify(version)
    assert (first.name, first.version, len(first.digest)) == ("chest", 7, 64)
    (version / "saved_model.pb").write_bytes(b"another")
    write_manifest(version)
    assert identify(version).digest != first.digest


def test_it_does_not_follow_how_the_manifest_is_written(version):
    first, file = identify(version), version / "assets.extra" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text())))
    assert identify(version) == first


def test_a_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(VersionError, match="has none"):
        identify(tmp_path)
