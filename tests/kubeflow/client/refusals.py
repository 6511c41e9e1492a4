"""How a command of `medtfx kubeflow` must refuse."""


def assert_refused(result: tuple[int, str, str], *words: str) -> None:
    """Checks for exit code 1 and one sentence that has the words."""
    code, out, err = result
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err
