import pytest

from kubeflow.node.push_report import push_sentence


def sentence(metadata, ran, pushed, **blessings):
    inputs = {
        f"{name}_blessing": metadata.artifact(name, blessed=value)
        for name, value in blessings.items()
    }
    run = ran("Pusher", inputs, {"pushed_model": metadata.artifact("Pushed", **pushed)})
    return push_sentence(metadata.store, run)


def test_a_push_names_version_and_place(metadata, ran):
    pushed = {"pushed": 1, "pushed_version": "1764", "pushed_destination": "/models/chest/1764"}
    line = sentence(metadata, ran, pushed, model=1, infra=1)
    assert line == "Pushed version 1764, unsigned: /models/chest/1764"


@pytest.mark.parametrize(
    ("model", "infra", "reason"),
    [
        (0, 1, "not blessed"),
        (0, 0, "not blessed"),
        (1, 0, "refused when it was served"),
        (1, 1, "not approved"),
    ],
)
def test_nothing_pushed_has_its_reason(metadata, ran, model, infra, reason):
    line = sentence(metadata, ran, {"pushed": 0}, model=model, infra=infra)
    assert line == f"Nothing pushed: {reason}."
