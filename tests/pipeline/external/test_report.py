import json

from rich.console import Console

from components.recipe.evaluation import EvaluationSection
from pipeline.external.evaluation import evaluate_rows
from pipeline.external.report import JSON, PAGE, print_result, write_files

SECTION = EvaluationSection.model_validate({"recall_floor": 0.85, "slices": ["site"]})


def test_the_table_has_the_figures_of_here_and_home(entries, rows, origin, make_gate, capsys):
    found = evaluate_rows(entries, rows, origin, SECTION, "/elsewhere")
    print_result(Console(width=120), found, SECTION, {"COVID": make_gate("COVID", recall=0.97)})
    out = capsys.readouterr().out
    (row,) = [line.split() for line in out.splitlines() if line.strip().startswith("COVID ")]
    assert row[:4] == ["COVID", "29", "15", "0.90"] and row[6] == "0.97"
    assert "NOT accepted here" in out
    assert "chest/17 on 59 images of 30 patients in /elsewhere." in out
    assert "Without a prediction: 1 truncated." in out


def test_the_files_hold_the_same(entries, rows, origin, make_gate, tmp_path):
    found = evaluate_rows(entries, rows, origin, SECTION, "/else<b>where")
    write_files(tmp_path, found, SECTION, {"COVID": make_gate("COVID")})
    written = json.loads((tmp_path / JSON).read_text())
    assert written["sentence"] == found.sentence and written["images"] == 59
    assert [one["label"] for one in written["classes"]] == ["COVID", "NORMAL"]
    page = (tmp_path / PAGE).read_text()
    assert "NOT accepted here" in page and "By site" in page and "Net benefit" in page
    assert "<b>where" not in page
    assert "http" not in page.replace("http-equiv", "")
