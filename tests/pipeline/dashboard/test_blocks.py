import tensorflow_model_analysis as tfma

from pipeline.dashboard.blocks import blocks_of


def test_several_runs_are_a_series_and_the_latest_has_slices_and_plots(blocks, evaluate):
    titles = [block.title for block in blocks]
    assert titles[:4] == ["Runs", "By label", "By site", "Confusion matrix"]
    assert titles[4:] == [f"Plots of {name}" for name in ("ill <b>", "well </script>", "neither")]
    alone = blocks_of([evaluate("20250103-120000", 3)])
    assert [block.title for block in alone] == titles[1:]


def test_the_values_are_those_of_tfma(blocks, evaluate):
    result = tfma.load_eval_result(evaluate("20250102-120000", 2).uri)
    (overall,) = [metrics for key, metrics in result.slicing_metrics if not key]
    shown = blocks[0].data[1]
    assert shown["config"] == {
        "modelIdentifier": "20250102-120000",
        "dataIdentifier": "0123456789ab",
    }
    assert shown["metrics"][""][""]["accuracy"] == overall[""][""]["accuracy"]
    assert "confusion_matrix" not in shown["metrics"][""][""]
