import pytest

from pipeline.retraining.reasons import Reasons, ReasonsError


def test_each_run_has_its_first_reason(tmp_path):
    reasons = Reasons(str(tmp_path / "artifacts"))
    assert reasons.of(["a"]) == ()
    for run, text in (("a", "ALARM: contrast"), ("b", "ALARM: size"), ("a", "a second attempt")):
        reasons.add(run, text)
    assert [(one.run, one.text) for one in reasons.of({"a", "c"})] == [("a", "ALARM: contrast")]
    assert [one.run for one in reasons.of(["a", "b"])] == ["a", "b"]


def test_a_broken_file_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "reasons.jsonl").write_text("{}\n")
    with pytest.raises(ReasonsError, match=r"reasons\.jsonl is broken: restore it"):
        Reasons(str(tmp_path)).of(["a"])
