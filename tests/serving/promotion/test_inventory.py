import os
import shutil
import time

import pytest

from components.saved_model.manifest import MANIFEST, write_manifest
from serving.promotion.inventory import prune, take_inventory
from serving.promotion.label_move import PromotionTarget
from serving.promotion.models_config import FILE_NAME
from serving.promotion.promote import Approval, promote
from serving.promotion.versions import WITHDRAWN


@pytest.fixture
def model(tmp_path):
    """Versions 1 to 6: whole, labelled, withdrawn, changed, without manifest, without a file."""
    folder = tmp_path / "models" / "chest"
    for version in "123456":
        (folder / version / "variables").mkdir(parents=True)
        (folder / version / "saved_model.pb").write_text(version)
        (folder / version / "variables/index").write_text(version)
        write_manifest(folder / version)
    target = PromotionTarget(folder.parent, folder.parent / FILE_NAME)
    promote(target, "chest", 2, "stable", Approval("anna"))
    (folder / WITHDRAWN).mkdir()
    (folder / "3").rename(folder / WITHDRAWN / "3")
    (folder / "4" / "saved_model.pb").write_text("changed")
    (folder / "5" / MANIFEST).unlink()
    (folder / "6" / "saved_model.pb").unlink()
    shutil.copytree(folder / "1", folder / ".7.0a1b2c3d.part")
    (folder / "notes").mkdir()
    return folder


def age(folder, seconds):
    then = time.time() - seconds
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then), follow_symlinks=False)


def names(found):
    return [one.folder.name for one in found]


def test_each_folder_is_what_it_is(model):
    found = take_inventory(model)
    assert [(one.folder.name, one.state) for one in found] == [
        ("1", "served"),
        ("2", "served"),
        ("3", "withdrawn"),
        ("4", "changed"),
        ("5", "incomplete"),
        ("6", "incomplete"),
        (".7.0a1b2c3d.part", "unfinished"),
    ]
    assert [one.labels for one in found if one.labels] == [("stable",)]
    assert not any(one.signed for one in found)
    assert [bool(one.fault) for one in found] == [False] * 3 + [True] * 4
    assert "saved_model.pb is missing" in found[5].fault


def test_leftovers_alone_are_removed(model):
    age(model, 7200)
    removed, kept = prune(take_inventory(model))
    assert names(removed) == ["5", "6", ".7.0a1b2c3d.part"] and not kept
    assert sorted(path.name for path in model.iterdir() if path.is_dir()) == [
        "1", "2", "4", "notes", WITHDRAWN,
    ]  # fmt: skip


def test_what_changed_a_moment_ago_may_be_a_push_under_way(model):
    removed, kept = prune(take_inventory(model))
    assert not removed and names(kept) == ["5", "6", ".7.0a1b2c3d.part"]


def test_a_leftover_with_a_label_stays(model):
    (model / "2" / MANIFEST).unlink()
    age(model, 7200)
    removed, kept = prune(take_inventory(model))
    assert names(kept) == ["2"] and "2" not in names(removed)
