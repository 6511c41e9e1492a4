import threading
from contextlib import contextmanager

import pytest

from components.runtime.errors import VersionError
from components.saved_model.manifest import MANIFEST, ChangedModelError, write_manifest
from components.saved_model.signature import sign
from serving.client import Client
from serving.promotion import journal
from serving.promotion.label_move import PromotionError, PromotionTarget
from serving.promotion.models_config import (
    FILE_NAME,
    find_model,
    read_labels,
    read_models_config,
    write_models_config,
)
from serving.promotion.promote import Approval, promote, roll_back_label
from serving.promotion.versions import list_versions, roll_back
from serving.protocol.errors import ServingError
from serving.protocol.token import reload_token
from tests.signing import Keys

ANNA = Approval("anna", "reviewed 40 cases")


@pytest.fixture
def home(base, push):
    """A folder with the versions 1, 2 and 3 of the model `tiny`."""
    push(base, 2)
    push(base, 3)
    return base


@pytest.fixture
def place(home):
    return PromotionTarget(home, home / FILE_NAME)


def labels(place):
    return read_labels(place.config, "tiny")


def served(place):
    return list(
        find_model(read_models_config(place.config), "tiny").model_version_policy.specific.versions
    )


# === The file alone ===


def test_the_first_promotion_makes_the_file(place):
    assert labels(place) == {}
    move = promote(place, "tiny", 1, "stable", ANNA)
    assert (move.before, move.after, move.served, move.waiting) == (None, 1, (1,), False)
    assert (labels(place), served(place)) == ({"stable": 1}, [1])


def test_models_that_are_not_promoted_stay_in_the_file(place, push):
    push(place.models, 7, model="other")
    (place.models / "empty").mkdir()
    promote(place, "tiny", 1, "stable", ANNA)
    config = read_models_config(place.config)
    assert [model.name for model in config.model_config_list.config] == ["other", "tiny"]
    assert not find_model(config, "other").HasField("model_version_policy")


def test_a_label_that_exists_waits_until_the_version_is_loaded(place):
    # TensorFlow Serving refuses the whole file otherwise, and so never loads the version.
    promote(place, "tiny", 1, "stable", ANNA)
    move = promote(place, "tiny", 2, "stable", ANNA)
    assert move.waiting
    assert (labels(place), served(place)) == ({"stable": 1}, [1, 2])
    assert len(journal.read(place.models / "tiny")) == 1
    move = promote(place, "tiny", 2, "stable", ANNA)
    assert not move.waiting
    assert (labels(place), served(place)) == ({"previous": 1, "stable": 2}, [1, 2])


def test_a_canary_is_promoted_at_once(place):
    promote(place, "tiny", 1, "stable", ANNA)
    assert not promote(place, "tiny", 2, "canary", ANNA).waiting
    assert served(place) == [1, 2]
    assert promote(place, "tiny", None, "canary", ANNA).waiting  # 3 has not been loaded
    assert labels(place) == {"canary": 2, "stable": 1}
    promote(place, "tiny", 2, "stable", ANNA)
    assert labels(place) == {"canary": 2, "previous": 1, "stable": 2}


def test_back_and_further_back(place):
    for version in (1, 2, 2, 3, 3):
        promote(place, "tiny", version, "stable", ANNA)
    move = roll_back_label(place, "tiny", None, "stable", Approval("ben", "missed effusions"))
    assert (move.before, move.after, move.waiting) == (3, 2, False)
    assert (labels(place), served(place)) == ({"stable": 2}, [2])
    assert roll_back_label(place, "tiny", None, "stable", ANNA).waiting  # 1 has been unloaded
    assert roll_back_label(place, "tiny", None, "stable", ANNA).after == 1
    with pytest.raises(PromotionError, match=r"names no version .* before 1\..*\[1, 2, 3\]"):
        roll_back_label(place, "tiny", None, "stable", ANNA)
    entries = journal.read(place.models / "tiny")
    assert [(one.action, one.before, one.after) for one in entries] == [
        ("promote", None, 1),
        ("promote", 1, 2),
        ("promote", 2, 3),
        ("rollback", 3, 2),
        ("rollback", 2, 1),
    ]
    assert (entries[3].by, entries[3].note) == ("ben", "missed effusions")


def test_a_canary_of_the_failed_version_goes_back_too(place):
    promote(place, "tiny", 1, "stable", ANNA)
    promote(place, "tiny", 2, "canary", ANNA)
    promote(place, "tiny", 2, "stable", ANNA)
    roll_back_label(place, "tiny", None, "stable", ANNA)
    assert (labels(place), served(place)) == ({"canary": 1, "stable": 1}, [1])
    last = journal.read(place.models / "tiny")[-2:]
    assert [(one.label, one.before, one.after) for one in last] == [
        ("stable", 2, 1),
        ("canary", 2, 1),
    ]


def test_a_rollback_brings_back_what_was_withdrawn(place):
    roll_back(place.models / "tiny", 2)
    promote(place, "tiny", 1, "stable", ANNA)
    with pytest.raises(PromotionError, match=r"withdrawn: \[3\].*`medtfx rollback tiny 3` brings"):
        promote(place, "tiny", 3, "stable", ANNA)
    roll_back_label(place, "tiny", 3, "stable", ANNA)
    assert list_versions(place.models / "tiny").served == (1, 2, 3)


@pytest.mark.parametrize(
    ("model", "version", "label", "error", "says"),
    [
        ("tny", 1, "stable", VersionError, "Pushed models: tiny"),
        ("tiny", 9, "stable", PromotionError, r"no version 9 to serve. Pushed: \[1, 2, 3\]"),
        ("tiny", 1, "a/b", PromotionError, "Received: 'a/b'"),
    ],
)
def test_what_can_not_be_promoted_changes_nothing(place, model, version, label, error, says):
    with pytest.raises(error, match=says):
        promote(place, model, version, label, ANNA)
    assert not place.config.exists()


def test_a_label_that_is_not_there_can_not_go_back(place):
    promote(place, "tiny", 1, "stable", ANNA)
    with pytest.raises(PromotionError, match=r"no label 'canary' .* it has stable \(1\)"):
        roll_back_label(place, "tiny", None, "canary", ANNA)


def test_a_bucket_is_not_looked_into(tmp_path, place):
    promote(place, "tiny", 1, "stable", ANNA)
    config = read_models_config(place.config)
    find_model(config, "tiny").base_path = "gs://bucket/models/tiny"
    place = PromotionTarget(tmp_path / "here", tmp_path / "production" / FILE_NAME)
    write_models_config(config, place.config)
    with pytest.raises(PromotionError, match=r"gs://bucket/models/tiny.* Name the version"):
        promote(place, "tiny", None, "canary", ANNA)
    promote(place, "tiny", 1795222945, "canary", ANNA)
    assert labels(place) == {"canary": 1795222945, "stable": 1}
    assert find_model(read_models_config(place.config), "tiny").base_path.startswith("gs://")


# === With a running server ===


@contextmanager
def asking(server, image, label):
    """Asks for a label all the time; gives the list of predictions so far."""
    found, stop = [], threading.Event()

    def ask():
        with Client(server.address, "tiny", attempts=1) as client:
            while not stop.is_set():
                found.extend(client.predict([image], label=label))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join(10)


def versions(found):
    """Versions that answered, each time another did; an error in its place is a failure."""
    assert [one for one in found if one.error] == []
    seen = []
    for one in found:
        if not seen or seen[-1] != one.version:
            seen.append(one.version)
    return seen


def test_canary_promotion_and_rollback_without_a_failed_request(place, start, dark, tools):
    promote(place, "tiny", 1, "stable", ANNA)
    server = start(place.models, reload_token=reload_token(place.models))
    place = PromotionTarget(place.models, place.config, (server.address,), timeout=20)
    with asking(server, dark, "stable") as stable:
        promote(place, "tiny", 2, "canary", ANNA)
        with asking(server, dark, "canary") as canary:
            tools.eventually(lambda: stable and canary)
            assert {one.version for one in stable} == {1}
            promote(place, "tiny", 2, "stable", ANNA)
            tools.eventually(lambda: stable[-1].version == 2)
            promote(place, "tiny", 3, "stable", ANNA)  # not loaded before
            tools.eventually(lambda: stable[-1].version == 3)
            assert {one.version for one in canary} == {2}
            move = roll_back_label(place, "tiny", None, "stable", ANNA)
            tools.eventually(lambda: stable[-1].version == 2)
    assert move.served == (2,)
    assert versions(stable) == [1, 2, 3, 2]
    assert versions(canary) == [2]
    tools.eventually(lambda: [n for n, v in server.manager.versions("tiny").items() if v.available]
                     == [2])  # fmt: skip


def test_a_server_follows_the_file(place, start, push, dark, tools):
    server = start(place.models, reload_token=reload_token(place.models))
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].version == 3
        promote(place, "tiny", 1, "stable", ANNA)
        tools.eventually(lambda: server.manager.versions("tiny")[3].ended)
        assert client.predict([dark], label="stable")[0].version == 1
        push(place.models, 4)  # pushed, not promoted
        with asking(server, dark, "stable") as found:
            promote(place, "tiny", 4, "stable", ANNA)
            tools.eventually(lambda: 4 in server.manager.versions("tiny"))
            tools.eventually(lambda: server.manager.versions("tiny")[4].available)
            promote(place, "tiny", 4, "stable", ANNA)
            tools.eventually(lambda: found[-1].version == 4)
            place.config.write_text("junk")  # by hand
            asked = len(found)
            tools.eventually(lambda: len(found) > asked + 20)
        assert versions(found) == [1, 4]


def test_a_version_that_can_not_be_loaded_changes_nothing(place, start, push, dark):
    promote(place, "tiny", 1, "stable", ANNA)
    server = start(place.models, reload_token=reload_token(place.models))
    before = place.config.read_text()
    broken = push(place.models, 5)
    (broken / "saved_model.pb").write_bytes(b"junk")
    write_manifest(broken)
    place = PromotionTarget(place.models, place.config, (server.address,), timeout=20)
    with pytest.raises(PromotionError, match=r"could not load version 5 .*No label has moved"):
        promote(place, "tiny", 5, "stable", ANNA)
    assert place.config.read_text() == before
    assert len(journal.read(place.models / "tiny")) == 1
    with Client(server.address, "tiny") as client:
        assert client.predict([dark], label="stable")[0].version == 1


def test_a_server_that_does_not_answer_changes_nothing(place):
    place = PromotionTarget(place.models, place.config, ("127.0.0.1:1",), timeout=0.3)
    with pytest.raises(PromotionError, match=r"No model server answers .*No label has moved"):
        promote(place, "tiny", 1, "stable", ANNA)
    assert not place.config.exists()
    with pytest.raises(ServingError, match="host:port"):
        promote(
            PromotionTarget(place.models, place.config, ("nowhere",)), "tiny", 1, "stable", ANNA
        )
    assert journal.read(place.models / "tiny") == []


# === Only what a run pushed, whole ===


@pytest.mark.parametrize("label", ["stable", "canary"])
def test_a_version_that_changed_is_not_promoted(place, label):
    (place.models / "tiny/2/extra.so").touch()
    with pytest.raises(ChangedModelError, match=r"extra\.so was added"):
        promote(place, "tiny", 2, label, ANNA)
    assert not place.config.exists() and not journal.read(place.models / "tiny")


def test_a_half_copy_is_not_promoted(place):
    (place.models / "tiny" / "3" / MANIFEST).unlink()
    with pytest.raises(ChangedModelError, match="only a version that a run pushed"):
        promote(place, "tiny", None, "stable", ANNA)


def test_with_a_key_only_signed_versions_are_promoted(place, tmp_path_factory, monkeypatch):
    keys = Keys(tmp_path_factory.mktemp("keys"))
    monkeypatch.setenv("MEDTFX_VERIFICATION_KEY", str(keys.public))
    with pytest.raises(ChangedModelError, match="unsigned"):
        promote(place, "tiny", 2, "stable", ANNA)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    sign(place.models / "tiny/2")
    assert promote(place, "tiny", 2, "stable", ANNA).after == 2


def test_a_withdrawn_version_that_changed_stays_withdrawn(place):
    promote(place, "tiny", 1, "stable", ANNA)
    roll_back(place.models / "tiny", 1)
    (place.models / "tiny/withdrawn/3/extra.so").touch()
    with pytest.raises(ChangedModelError, match=r"extra\.so was added"):
        roll_back_label(place, "tiny", 3, "stable", ANNA)
    assert list_versions(place.models / "tiny").withdrawn == (2, 3)


# === A shadow ===


def test_a_shadow_is_served_beside_the_stable_version(place):
    promote(place, "tiny", 2, "stable", ANNA)
    move = promote(place, "tiny", 3, "shadow", ANNA)
    assert (labels(place), served(place)) == ({"stable": 2, "shadow": 3}, [2, 3])
    assert (move.before, move.after) == (None, 3)


def test_a_shadow_ends_where_the_stable_version_is(place):
    promote(place, "tiny", 2, "stable", ANNA)
    promote(place, "tiny", 3, "shadow", ANNA)
    move = roll_back_label(place, "tiny", None, "shadow", Approval("bea", "worse on children"))
    assert (move.after, served(place)) == (2, [2])
    assert labels(place) == {"stable": 2, "shadow": 2}


def test_without_a_stable_version_a_shadow_would_be_seen(place):
    with pytest.raises(PromotionError, match=r"never seen.*medtfx promote tiny VERSION"):
        promote(place, "tiny", 3, "shadow", ANNA)
    assert not place.config.exists()
