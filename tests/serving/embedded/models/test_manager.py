import shutil
import time

import pytest
from google.protobuf import text_format

from serving.embedded.models.config import config_of_folder
from serving.embedded.models.manager import Manager
from serving.embedded.models.versions import State
from serving.embedded.status_error import StatusError
from serving.promotion.versions import roll_back
from serving.protocol.tensorflow_free import get_model_status_pb2, model_server_config_pb2


@pytest.fixture
def manager(base):
    made = Manager(lambda: config_of_folder(base), poll_seconds=0.02, root=base)
    made.start()
    yield made
    made.stop()


def spec(model="tiny", version=None, label=None):
    made = get_model_status_pb2.GetModelStatusRequest().model_spec
    made.name = model
    if version is not None:
        made.version.value = version
    if label is not None:
        made.version_label = label
    return made


def answering(manager, **asked):
    with manager.acquire(spec(**asked)) as model:
        return model.version


def states(manager):
    return {n: State.Name(one.state) for n, one in manager.versions("tiny").items()}


def config(base, policy="", labels=()):
    given = "".join(f'version_labels {{ key: "{key}" value: {n} }}' for key, n in labels)
    return text_format.Parse(
        f'model_config_list {{ config {{ name: "tiny" base_path: "{base / "tiny"}" '
        f"{f'model_version_policy {{ {policy} }}' if policy else ''} {given} }} }}",
        model_server_config_pb2.ModelServerConfig(),
    )


# === New and old versions ===


def test_new_model_is_picked_up(manager, base, push, tools):
    push(base, 5, model="other")
    tools.eventually(lambda: manager.versions("other"))
    tools.eventually(lambda: manager.versions("other")[5].available)


def test_broken_version_leaves_the_old_one(manager, base, push, tools):
    folder = push(base, 2)
    (folder / "saved_model.pb").write_bytes(b"junk")
    tools.eventually(lambda: 2 in manager.versions("tiny") and manager.versions("tiny")[2].error)
    assert answering(manager) == 1
    assert states(manager) == {1: "AVAILABLE", 2: "LOADING"}
    shutil.rmtree(folder)
    tools.eventually(lambda: states(manager)[2] == "END")
    push(base, 2)
    tools.eventually(lambda: answering(manager) == 2)


def test_restart_while_the_newest_is_half_copied(start, base, push, tools):
    graph = push(base, 3) / "saved_model.pb"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:100])
    push(base, 2)
    manager = start(base).manager
    assert answering(manager) == 2
    assert states(manager) == {3: "LOADING", 2: "AVAILABLE"}
    graph.write_bytes(whole)
    tools.eventually(lambda: answering(manager) == 3)
    tools.eventually(lambda: states(manager)[2] == "END")


def test_named_versions_have_no_stand_in(manager, base, push):
    graph = push(base, 2) / "saved_model.pb"
    graph.write_bytes(b"junk")
    empty = model_server_config_pb2.ModelServerConfig()
    empty.model_config_list.SetInParent()
    manager.reload(empty)
    manager.reload(config(base, "specific { versions: 2 }"))
    with pytest.raises(StatusError, match="Servable not found"):
        answering(manager)


def test_folder_that_is_away_for_a_moment(manager, base, tools):
    (base / "tiny").rename(base.parent / "away")
    # The folder is no model any more; the base itself missing changes nothing.
    tools.eventually(lambda: states(manager) == {1: "END"})
    (base.parent / "away").rename(base / "tiny")
    tools.eventually(lambda: answering(manager) == 1 if states(manager)[1] == "AVAILABLE" else 0)
    base.rename(base.parent / "gone")
    time.sleep(0.1)
    assert answering(manager) == 1


def test_request_under_way_finishes_on_its_version(manager, base, push, tools):
    with manager.acquire(spec()) as model:
        push(base, 2)
        tools.eventually(lambda: states(manager) == {1: "UNLOADING", 2: "AVAILABLE"})
        assert model.version == 1
        assert answering(manager) == 2
    tools.eventually(lambda: states(manager)[1] == "END")


def test_version_comes_back_while_it_is_unloading(manager, base, push, tools):
    with manager.acquire(spec()):
        push(base, 2)
        tools.eventually(lambda: states(manager) == {1: "UNLOADING", 2: "AVAILABLE"})
        roll_back(base / "tiny")
        tools.eventually(lambda: answering(manager) == 1)


# === Reload ===


def test_policies_and_labels(manager, base, push):
    push(base, 2)
    push(base, 3)
    manager.reload(config(base, "latest { num_versions: 2 }", [("stable", 2), ("canary", 3)]))
    assert answering(manager, label="stable") == 2
    assert answering(manager, label="canary") == 3
    assert answering(manager) == 3
    manager.reload(config(base, "specific { versions: 1 versions: 3 }", [("stable", 1)]))
    assert answering(manager, label="stable") == 1
    with pytest.raises(StatusError, match="Unrecognized servable version label: canary"):
        answering(manager, label="canary")
    manager.reload(config(base, "all {}"))
    assert [answering(manager, version=n) for n in (1, 2, 3)] == [1, 2, 3]


def test_of_the_file_and_a_reload_request_the_later_counts(base, push, tools):
    push(base, 2)
    file = [config(base, "specific { versions: 1 }", [("stable", 1)])]
    manager = Manager(lambda: file[0], poll_seconds=0.02, root=base)
    manager.start()
    try:
        manager.reload(config(base, "specific { versions: 2 }", [("stable", 2)]))
        manager.poll()
        assert answering(manager, label="stable") == 2
        file[0] = config(base, "all {}", [("stable", 1), ("canary", 2)])
        tools.eventually(lambda: answering(manager, label="stable") == 1)
        assert answering(manager, label="canary") == 2
        file[0] = config(base, "all {}", [("stable", 8)])  # not there: it stays where it is
        manager.poll()
        assert answering(manager, label="stable") == 1
    finally:
        manager.stop()


def test_model_that_is_no_longer_listed(manager, tools):
    empty = model_server_config_pb2.ModelServerConfig()
    empty.model_config_list.SetInParent()
    manager.reload(empty)
    tools.eventually(lambda: states(manager) == {1: "END"})
    with pytest.raises(StatusError, match="Servable not found"):
        answering(manager)


def test_stop_frees_the_models(manager):
    manager.stop()
    assert states(manager) == {1: "END"}
