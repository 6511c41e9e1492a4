"""Nothing is pushed that the gate, ServingValidator and a person have not all allowed."""

from itertools import product

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.pusher.executor import Executor
from components.saved_model.manifest import MANIFEST, SIGNATURE, ChangedModelError
from components.saved_model.signature import check_model
from tests.components.decided import OTHER_MODEL
from tests.signing import CHANGES

FILES = sorted(["assets/labels.txt", MANIFEST, "saved_model.pb", "variables/variables.index"])

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

    def run(required=True, **inputs) -> tuple[bool, list[str]]:
        pushed = standard_artifacts.PushedModel()
        pushed.uri = str(tmp_path / "pushed")
        base = tmp_path / "served"
        destination = pusher_pb2.PushDestination(filesystem={"base_directory": str(base)})
        Executor().Do(
            {key: value if isinstance(value, list) else [value] for key, value in inputs.items()},
            {"pushed_model": [pushed]},
            {
                "push_destination": proto_utils.proto_to_json(destination),
                "approval_required": int(required),
            },
        )
        files = (path.relative_to(base) for path in base.rglob("*") if path.is_file())
        # The first folder is the version, a time.
        names = sorted("/".join(path.parts[1:]) for path in files)
        assert pushed.get_int_custom_property("signed") == int(SIGNATURE in names)
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
    assert files == (FILES if pushed else [])


def test_without_the_channel_nothing_is_pushed_where_a_decision_is_required(artifacts, push):
    inputs = {"model_blessing": artifacts.gate(), "infra_blessing": artifacts.served()}
    assert push(**inputs) == (False, [])
    assert push(required=False, **inputs) == (True, FILES)


@pytest.mark.parametrize(("gate", "served"), [(True, False), (False, True)])
def test_without_a_person_both_blessings_are_needed(artifacts, push, gate, served):
    inputs = {"model_blessing": artifacts.gate(gate), "infra_blessing": artifacts.served(served)}
    assert push(required=False, **inputs) == (False, [])


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


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_changed_after_its_approval_is_refused(artifacts, push, tmp_path, change):
    decision = artifacts.decision(True)
    CHANGES[change](artifacts.model_folder)
    inputs = {"model_blessing": artifacts.gate(), "infra_blessing": artifacts.served()}
    with pytest.raises(ChangedModelError) as error:
        push(**inputs, approval=decision)
    for part in (change, "Dr. Ruiz", "2026-11-28", str(artifacts.model_folder)):
        assert part in str(error.value)
    assert not (tmp_path / "served").exists()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("required", [True, False])
def test_a_model_that_changed_after_its_validation_is_refused(
    artifacts, push, tmp_path, change, required
):
    inputs = {
        "model_blessing": artifacts.gate(),
        "infra_blessing": artifacts.served(),
        "approval": artifacts.decision(True),
    }
    CHANGES[change](artifacts.model_folder)
    with pytest.raises(ChangedModelError) as error:
        push(required, **inputs)
    assert change in str(error.value) and "ServingValidator" in str(error.value)
    assert not (tmp_path / "served").exists()


def test_a_rejected_model_may_change(artifacts, push):
    decision = artifacts.decision(False)
    inputs = {"model_blessing": artifacts.gate(), "infra_blessing": artifacts.served()}
    CHANGES["extra.so was added"](artifacts.model_folder)
    assert push(**inputs, approval=decision) == (False, [])


def test_with_the_key_of_the_site_the_version_is_signed(
    artifacts, push, keys, tmp_path, monkeypatch
):
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    inputs = {"model_blessing": artifacts.gate(), "infra_blessing": artifacts.served()}
    assert push(required=False, **inputs) == (True, sorted([*FILES, SIGNATURE]))
    (version,) = (tmp_path / "served").iterdir()
    check_model(version, keys.public)
    with pytest.raises(ChangedModelError, match="key"):
        check_model(version, keys.other)
