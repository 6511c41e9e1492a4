from components.approval.decision import Decision


def test_json_gives_back_the_decision():
    decision = Decision(True, "Dr. Núñez", 'said "yes"', "2026-11-28", "run", "f00d", ("a", "b"))
    assert Decision.from_json(decision.to_json()) == decision
