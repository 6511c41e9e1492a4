"""The report on a real evaluation: TFMA, the table and scikit-learn say the same."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from components.gate.results import OVERALL, load_results
from components.run_report import executor, read
from components.run_report.figures import slice_results


@pytest.fixture(scope="module")
def content(evaluated):
    return read.read_content(evaluated)


@pytest.fixture(scope="module")
def folder(evaluated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    executor.write_report(evaluated, str(folder))
    return folder


def test_tfma_and_the_table_agree(content, evaluated):
    results = load_results(evaluated.evaluation, content.predictions.classes)
    np.testing.assert_array_equal(results.matrices[OVERALL], content.predictions.matrix())
    assert content.disagreements == 0
    assert not content.predictions.right.all()  # else this proves little
    for ours, theirs in zip(content.classes, results.classes, strict=True):
        for name in ("cases", "hits", "recall", "low", "high", "precision", "specificity", "f1"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=1e-6)
        # TFMA's is a sum over 200 thresholds.
        assert ours.auc == pytest.approx(theirs.auc, abs=0.01)


def test_tfma_and_the_slices_agree(content):
    slices = list(slice_results(content.predictions))
    assert [(one.feature, one.value) for one in slices] == [("site", "north"), ("site", "south")]
    for one in slices:
        matrix = content.results.matrices[((one.feature, one.value),)]
        assert one.images == matrix.sum()
        assert one.accuracy == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-6)


def test_scikit_learn_on_the_csv_and_the_table_agree(content, folder):
    text = (folder / "predictions.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 90 and rows[0]["patient"] == "0"
    classes = list(content.predictions.classes)
    truth, answers = [row["label"] for row in rows], [row["answer"] for row in rows]
    precision, recall, f1, cases = precision_recall_fscore_support(truth, answers, labels=classes)
    for index, result in enumerate(content.classes):
        expected = (precision[index], recall[index], f1[index], cases[index])
        assert (result.precision, result.recall, result.f1, result.cases) == pytest.approx(
            expected, abs=1e-6
        )
        scores = [float(row[f"p_{classes[index]}"]) for row in rows]
        auc = roc_auc_score([label == classes[index] for label in truth], scores)
        assert result.auc == pytest.approx(auc, abs=1e-6)


def test_the_page_has_the_results_of_the_other_nodes(folder, content):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert content.verdict.sentence in page and "Pushed as version 7 of tiny, unsigned." in page
    assert "truncated" in page and "0123abcd" in page and "c0de" in page
    assert re.search(r"<th scope=\"row\">patients</th><td>45</td>", page)
    assert page.count('<figure class="case') == len(content.pictures) > 9


def test_a_model_without_learning_curve_has_a_report(evaluated, tmp_path):
    executor.write_report(replace(evaluated, model_run=str(tmp_path)), str(tmp_path))
    assert "The Trainer wrote no learning curve." in (tmp_path / "report.html").read_text()
