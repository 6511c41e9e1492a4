"""A person between the blessing and the push; and from the pushed version back to its images."""

import filecmp
import json

import pytest

pytestmark = [pytest.mark.end_to_end, pytest.mark.core]

WAITS = 5
# Another patience trains again, to the same weights: a model of its own that is as good.
REQUIRED = ("serving.approval=required", "training.early_stopping.patience=24")


@pytest.fixture(scope="module", autouse=True)
def any_name():
    """The site lets `--by` name anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDTFX_ALLOW_BY", "yes")
        yield


@pytest.fixture(scope="module")
def waiting(machine):
    """A run: blessed, validated, and waiting."""
    before = machine.versions()
    out = machine.medtfx(machine.run_command(*REQUIRED), WAITS)
    run = machine.last_record().run_id
    assert f"it waits for approval. `medtfx approve {run} --note TEXT`" in out
    assert machine.versions() == before
    assert "waits for approval" in machine.here("runs")
    return run


@pytest.fixture(scope="module")
def pushed(machine, waiting):
    """Rejected, then approved nonetheless; returns the version."""
    before = machine.versions()
    reject = ("reject", waiting, "--by", "Dr. No", "--note", "a shortcut?")
    assert "Rejected by Dr. No." in machine.here(*reject)
    assert machine.versions() == before
    approve = ("approve", waiting, "--by", "Dr. Ruiz", "--note", "40 cases")
    refused = machine.here(*approve, code=1)
    assert "Error: Dr. No rejected the model of run" in refused and "a shortcut?" in refused
    machine.here(*approve, "--force")
    (version,) = set(machine.versions()) - set(before)
    assert "has already been pushed as version" in machine.here(*approve, code=1)
    return version


def test_the_copy_that_was_validated_is_pushed(machine, waiting, pushed):
    *_, validated = sorted(
        machine.home.artifacts.glob("*/ServingValidator/blessing/*/stamped_model"),
        key=lambda path: int(path.parent.name),
    )
    folder = machine.home.models / "quickstart" / str(pushed)
    files = [path.relative_to(validated) for path in validated.rglob("*") if path.is_file()]
    assert "tf_serving_warmup_requests" in {path.name for path in files}
    _, different, missing = filecmp.cmpfiles(validated, folder, map(str, files), shallow=False)
    assert not different and not missing
    record = machine.last_record()
    assert (record.approval, record.version, record.served) == ("approved", pushed, True)


def test_the_same_run_again_finds_the_push_in_the_cache(machine, pushed):
    out = machine.medtfx(machine.run_command(*REQUIRED))
    assert f"Pushed as version {pushed} of quickstart" in out
    assert machine.cached()["Pusher"] and machine.versions()[-1] == pushed


def lineage(machine, *arguments, code=0):
    return machine.here("lineage", *map(str, arguments), code=code)


def test_the_lineage_leads_back_to_images_code_and_people(machine, waiting, pushed):
    found = json.loads(lineage(machine, f"quickstart/{pushed}", "--json"))
    assert (found["model"], found["version"], found["state"]) == ("quickstart", pushed, "served")
    assert json.loads(lineage(machine, "quickstart", "--json"))["version"] == pushed, "the latest"
    assert [(one["by"], one["approved"]) for one in found["approvals"]] == [
        ("Dr. No", False),
        ("Dr. Ruiz", True),
    ]
    record = machine.last_record()
    assert found["data"]["fingerprint"] == record.data_fingerprint
    assert found["data"]["folder"] == str(machine.data)
    splits = machine.splits()
    counts = {split: sum(found["data"]["splits"][split].values()) for split in ("train", "test")}
    assert counts == {name: [*splits.values()].count(name) for name in counts}
    reached = {gate["label"]: (gate["recall"], gate["floor"]) for gate in found["gates"]}
    assert reached == {gate.label: (gate.recall, gate.floor) for gate in record.gates}
    assert found["recipe"]["training"]["epochs"] == 25
    sources = {step["node"]: step["source"] for step in found["steps"]}
    assert sources["ImageExampleGen"] and sources["Trainer"] and sources["Evaluator"]
    assert {step["run"] for step in found["steps"] if step["node"] == "Trainer"} == {waiting}
    assert found["validation"]["blessed"] and found["validation"]["images_asked"] > 0
    assert f"--data {machine.data} " in found["command"] and REQUIRED[0] in found["command"]


def test_what_became_of_an_image(machine, pushed):
    for split in ("train", "test"):
        name = next(file for file, found in sorted(machine.splits().items()) if found == split)
        assert f"{name}: {split} of quickstart/{pushed}" in lineage(
            machine, pushed, "--image", name
        )
    (path,) = machine.home.artifacts.glob("quickstart/ImageExampleGen/quarantine/*/quarantine.csv")
    name = path.read_text().splitlines()[1].partition(",")[0]
    assert f"{name}: not used" in lineage(machine, pushed, "--image", machine.data / name)
    assert "used no file 'x.png'" in lineage(machine, pushed, "--image", "x.png", code=1)


def test_a_version_that_is_withdrawn_keeps_its_lineage(machine, pushed):
    folder = machine.home.models / "quickstart"
    (folder / "withdrawn").mkdir()
    (folder / str(pushed)).rename(folder / "withdrawn" / str(pushed))
    text = lineage(machine, pushed)
    assert f"quickstart/{pushed}: withdrawn" in text
    assert "approved" in text and "by Dr. Ruiz (40 cases)" in text
    assert "COVID: recall" in text and "with the same images and code: medtfx run" in text
    assert "WARNING" not in text
    unknown = lineage(machine, 17, code=1)
    assert (
        "Error: No version '17' has been pushed from here. Pushed: " in unknown
        and f"quickstart/{pushed}." in unknown
    )
