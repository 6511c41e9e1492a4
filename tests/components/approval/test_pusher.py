"""Nothing is pushed that the gate, ServingValidator and a person have not all allowed."""

from itertools import product

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.approval.pusher import ChangedModelError, Executor
from tests.components.approval.conftest import OTHER_MODEL

# Decisions about the same copy of the model, the earliest first → whether it may be pushed.
DECISIONS = {
    "none": ((), False),
    "approved": ((True,), True),
    "rejected": ((False,), False),
    "approval overtaken by a rejection": ((True, False), False),
    "rejection overtaken by an approval": ((False, True), True),
}


@pytest.fixture
def push(tmp_path):
    """Returns a function from inputs to (marked as pushed, files at the destination)."""

    def run(**inputs) -> tuple[bool, list[str]]:
        pushed = standard_artifacts.PushedModel()
        pushed.uri = str(tmp_path / "pushed")
        base = tmp_path / "served"
        destination = pusher_pb2.PushDestination(filesystem={"base_directory": str(base)})
        Executor().Do(
            {key: value if isinstance(value, list) else [value] for key, value in inputs.items()},
            {"pushed_model": [pushed]},
            {"push_destination": proto_utils.proto_to_json(destination)},
        )
        files = (path.relative_to(base) for path in base.rglob("*") if path.is_file())
        # The first folder is the version, a time.
        names = sorted("/".join(path.parts[1:]) for path in files)
        return pushed.get_int_custom_property("pushed") == 1, names

    return run


@pytest.mark.parametrize(
    ("gate", "served", "name"), product([True, False], [True, False], DECISIONS)
)
def test_all_three_have_to_allow_it(artifacts, push, gate, served, name):
    outcomes, allowed = DECISIONS[name]
    decisions = [artifacts.decision(one, 40 + index) for index, one in enumerate(outcomes)]
    pushed, files = push(
        model_blessing=artifacts.gate(gate),
        infra_blessing=artifacts.served(served),
        approval=decisions[::-1],
    )
    assert pushed == (gate and served and allowed)
    assert files == (
        ["labels.txt", "saved_model.pb", "variables/variables.index"] if pushed else []
    )


def test_a_node_without_the_channel_pushes_nothing(artifacts, push):
    assert push(model_blessing=artifacts.gate(), infra_blessing=artifacts.served()) == (False, [])


OF_ANOTHER_MODEL = {
    "gate": {"gate": OTHER_MODEL},
    "ServingValidator": {"served": OTHER_MODEL},
    "decision": {"decision": OTHER_MODEL},
    "gate and decision": {"gate": OTHER_MODEL, "decision": OTHER_MODEL},
    "gate and ServingValidator": {"gate": OTHER_MODEL, "served": OTHER_MODEL},
}


@pytest.mark.parametrize("name", OF_ANOTHER_MODEL)
def test_all_three_have_to_be_about_one_model(artifacts, push, name):
    model = {"gate": 5, "served": 5, "decision": 5} | OF_ANOTHER_MODEL[name]
    inputs = {
        "model_blessing": artifacts.gate(model=model["gate"]),
        "infra_blessing": artifacts.served(model=model["served"]),
        "approval": artifacts.decision(True, model=model["decision"]),
    }
    assert push(**inputs) == (False, [])


def test_an_approval_of_another_copy_of_the_model_does_not_count(artifacts, push):
    inputs = {
        "model_blessing": artifacts.gate(),
        "infra_blessing": artifacts.served(),
        "approval": artifacts.decision(True, about=31),
    }
    assert push(**inputs) == (False, [])


def flip_a_byte(folder):
    content = bytearray((folder / "variables/variables.index").read_bytes())
    content[0] ^= 1
    (folder / "variables/variables.index").write_bytes(content)


CHANGES = {
    "variables/variables.index was changed": flip_a_byte,
    "labels.txt was changed": lambda folder: (folder / "labels.txt").write_text("swapped"),
    "labels.txt is missing": lambda folder: (folder / "labels.txt").unlink(),
    "extra.so was added": lambda folder: (folder / "extra.so").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_changed_after_its_approval_is_refused(artifacts, push, tmp_path, change):
    inputs = {
        "model_blessing": artifacts.gate(),
        "infra_blessing": artifacts.served(),
        "approval": artifacts.decision(True),
    }
    CHANGES[change](artifacts.model_folder)
    with pytest.raises(ChangedModelError) as error:
        push(**inputs)
    for part in (change, "Dr. Ruiz", "2026-11-28", str(artifacts.model_folder)):
        assert part in str(error.value)
    assert not (tmp_path / "served").exists()


def test_a_rejected_model_may_change(artifacts, push):
    decision = artifacts.decision(False)
    flip_a_byte(artifacts.model_folder)
    inputs = {"model_blessing": artifacts.gate(), "infra_blessing": artifacts.served()}
    assert push(**inputs, approval=decision) == (False, [])
