import json

import pytest
from rich.console import Console

from pipeline.external.evaluation import evaluate
from pipeline.external.gallery import Mistake
from pipeline.external.report import JSON, PAGE, print_result, write_files
from pipeline.external.shortcut_baseline import measure_shortcuts


@pytest.fixture
def result(draw, predicted, origin, make_rules, home):
    rules = make_rules(home, recall_floor=0.85, slices=["site"])
    return evaluate(predicted, origin, rules, measure_shortcuts(predicted)), rules


def test_the_table_has_the_figures_of_here_home_and_shortcuts(result, capsys):
    found, rules = result
    print_result(Console(width=140), found, rules, "1 file not used: 1 .png (truncated)")
    out = capsys.readouterr().out
    (row,) = [line.split() for line in out.splitlines() if line.strip().startswith("NORMAL ")]
    assert row[:3] == ["NORMAL", "30/15", "0.90"] and row[5] == "0.40" and row[7] == "1.00"
    assert "NOT accepted here" in out
    assert "chest/17 on 59 images of 30 patients in" in out
    assert "The recall of NORMAL is higher here than at home, by 0.50 (+0.28..+0.62)." in out
    assert "Size, format and grey level alone reach a balanced accuracy of 1.00" in out
    assert "1 file not used: 1 .png (truncated)" in out


def test_the_files_hold_the_same(result, tmp_path):
    mistake = Mistake("a<b>.png", "COVID", "NORMAL", 0.9, "data:image/jpeg;base64,AAAA")
    found, rules = result
    write_files(tmp_path, found, rules, [mistake], "1 file not used: 1 .png (truncated)")
    written = json.loads((tmp_path / JSON).read_text())
    assert written["sentence"] == result[0].sentence and written["accepted"] is False
    assert [one["label"] for one in written["classes"]] == ["COVID", "NORMAL"]
    assert written["against_home"][1]["home"] == 0.4
    assert written["shortcuts"]["balanced_accuracy"] == pytest.approx(1.0)
    assert "NaN" not in (tmp_path / JSON).read_text()
    page = (tmp_path / PAGE).read_text()
    for text in ("NOT accepted here", "By site", "net benefit", "a&lt;b&gt;.png", "0.85 missed"):
        assert text in page
    assert page.count("<svg") == 3 and page.count("truncated") == 1
