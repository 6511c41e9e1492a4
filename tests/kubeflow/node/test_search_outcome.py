"""What the last task of a search says; tests/cluster/test_search.py runs one."""

import shlex

from components.tuner.result import TrialResult
from kubeflow.node.search_outcome import best_values
from kubeflow.results import SEARCHED, Result, exit_code_of, read_results, result_line
from pipeline.recipes.loader import load_recipe

VALUES = {
    "training.learning_rate": 0.00123456789,
    "model.backbone": "mobilenet_v2",
    "training.batch_size": 16,
}


def test_the_values_can_be_given_to_a_command():
    text = best_values(TrialResult(7, 0.91234, VALUES))
    assert text.startswith("trial 7, balanced accuracy 0.912 on the eval split: --set ")
    words = shlex.split(text.partition(": ")[2])
    assert words[::2] == ["--set"] * 3
    recipe = load_recipe("quickstart", words[1::2])
    assert recipe.training.learning_rate == 0.00123457 and recipe.training.batch_size == 16


def test_a_client_reads_them_in_the_log():
    text = best_values(TrialResult(7, 0.91234, VALUES))
    log = f"2026-11-28 10:00:00 {result_line(Result.BEST, text)}\n"
    assert read_results(log) == {Result.BEST: text}
    assert exit_code_of(SEARCHED) == 0
