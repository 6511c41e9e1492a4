import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.gate import validated_copy
from components.gate.serving_blessing import MODEL_FILES
from components.gate.validated_copy import check_unchanged, local_copy, validated_files
from components.saved_model.manifest import ChangedModelError, digest_files
from tests.signing import CHANGES, write_model


@pytest.fixture
def blessing(tmp_path):
    """An InfraBlessing with a model of three files, and their digests."""
    artifact = standard_artifacts.InfraBlessing()
    artifact.uri = str(tmp_path / "blessing")
    model = write_model(tmp_path / "blessing" / "stamped_model")
    artifact.set_string_custom_property(MODEL_FILES, json.dumps(digest_files(model)))
    return artifact


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_with_the_name_of_the_file(blessing, change):
    with local_copy(blessing) as copy:
        check_unchanged(copy, validated_files(blessing), "were tested")
        CHANGES[change](copy)
        with pytest.raises(ChangedModelError) as error:
            check_unchanged(copy, validated_files(blessing), "were tested")
    assert change in str(error.value) and "were tested" in str(error.value)


def test_from_object_storage_the_files_are_copied_for_a_moment(blessing, monkeypatch):
    # A folder in place of object storage: what is compared is the copy on the disk.
    monkeypatch.setattr(validated_copy, "is_remote", lambda _: True)
    with local_copy(blessing) as copy:
        assert not copy.is_relative_to(Path(blessing.uri))
        check_unchanged(copy, validated_files(blessing), "were tested")
    assert not copy.exists()


def test_without_digests_everything_is_new(blessing):
    blessing.set_string_custom_property(MODEL_FILES, "")
    with local_copy(blessing) as copy, pytest.raises(ChangedModelError, match=r"pb was added"):
        check_unchanged(copy, validated_files(blessing), "were tested")
