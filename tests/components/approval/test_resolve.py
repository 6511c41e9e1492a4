"""The latest decision about a model, and artifacts by id."""

import pytest

from components.approval.resolve import Chosen, LatestDecision


def latest(served, *decisions):
    given = {"infra_blessing": served, "approval": list(decisions)}
    found = LatestDecision().resolve_artifacts(None, given)
    assert found["infra_blessing"] == served
    return found["approval"]


def test_no_decision_resolves_to_none(artifacts):
    assert latest([artifacts.served()]) == []


@pytest.mark.parametrize("outcomes", [(True,), (False,), (True, False), (False, True)])
def test_the_latest_one_counts_in_whatever_order_they_are_listed(artifacts, outcomes):
    decisions = [artifacts.decision(one, 40 + index) for index, one in enumerate(outcomes)]
    assert latest([artifacts.served()], *decisions) == [decisions[-1]]
    assert latest([artifacts.served()], *reversed(decisions)) == [decisions[-1]]


def test_a_decision_about_another_copy_of_the_model_does_not_count(artifacts):
    about_this = artifacts.decision(False, 40)
    about_other = artifacts.decision(True, 41, about=31)
    assert latest([artifacts.served()], about_this, about_other) == [about_this]
    assert latest([artifacts.served()], about_other) == []


def test_without_a_blessing_there_is_no_decision(artifacts):
    assert latest([], artifacts.decision(True)) == []


def test_artifacts_are_chosen_by_id(artifacts):
    gates, served = [artifacts.gate()], [artifacts.served(), artifacts.served(number=31)]
    given = {"model_blessing": gates, "infra_blessing": served}
    found = Chosen({"model_blessing": 20, "infra_blessing": 31}).resolve_artifacts(None, given)
    assert found == {"model_blessing": gates, "infra_blessing": [served[1]]}


def test_a_missing_artifact_resolves_to_nothing(artifacts):
    given = {"model_blessing": [artifacts.gate()], "infra_blessing": []}
    ids = {"model_blessing": 20, "infra_blessing": 30}
    assert Chosen(ids).resolve_artifacts(None, given) is None
    assert Chosen(ids | {"model_blessing": 21}).resolve_artifacts(None, given) is None
