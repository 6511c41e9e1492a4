from tests.command_line import medtfx


def test_a_floor_out_of_reach_is_an_error_after_the_table(films):
    code, out, err = medtfx(
        "plan", "quickstart", "--data", films, "--set", "evaluation.recall_floor=0.9"
    )
    assert code == 1
    assert "COVID" in out and "PNEUMONIA" in out
    assert err.startswith("Error: No model can pass the gate: COVID has ")


def test_a_floor_within_reach_is_not(films):
    code, out, err = medtfx(
        "plan", "quickstart", "--data", films, "--set", "evaluation.recall_floor=0.001"
    )
    assert (code, err) == (0, "")
    assert "NORMAL" in out
